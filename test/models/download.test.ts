import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { UserError, WorldError } from '../../src/lib/errors.js';
import { download } from '../../src/models/download.js';
import { scratchFolder } from '../support/media.js';
import { type Answer, cutting, serving, TestServer } from './server.js';

const folder = scratchFolder();
const server = await new TestServer().listen();
const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 31 + (i >> 8)) % 256);
const sha256 = createHash('sha256').update(bytes).digest('hex');
let file: string;
let files = 0;
beforeEach(() => {
  file = path.join(folder, `partial${files++}`);
  server.requests.length = 0;
});

const fetchIt = (change: Partial<Parameters<typeof download>[0]> = {}) =>
  download({ url: `${server.url}/net.pth`, sha256, file, ...change });

async function failure(change: Partial<Parameters<typeof download>[0]> = {}): Promise<Error> {
  const error: unknown = await fetchIt(change).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(Error);
  expect((error as Error).message).not.toContain('\n');
  return error as Error;
}

async function expectWhole(): Promise<void> {
  expect(Buffer.compare(await readFile(file), bytes)).toBe(0);
}

/** One answer after the other; the last one stays. */
function inTurn(...answers: Answer[]): Answer {
  return (request, response) => {
    (answers.length > 1 ? answers.shift() : answers[0])?.(request, response);
  };
}

it('a file is downloaded, and not asked for again', async () => {
  server.answer = serving(bytes);
  await fetchIt();
  await expectWhole();
  await fetchIt();
  expect(server.requests).toEqual(['/net.pth']);
});

it('a download that is cut in the middle goes on behind what came', async () => {
  server.answer = inTurn(cutting(bytes, 150_000, file), serving(bytes));
  await fetchIt();
  await expectWhole();
  expect(server.requests).toEqual(['/net.pth', '/net.pth bytes=150000-']);
});

it('what an earlier process left is gone on with', async () => {
  await writeFile(file, bytes.subarray(0, 99));
  server.answer = serving(bytes);
  await fetchIt();
  await expectWhole();
  expect(server.requests).toEqual(['/net.pth bytes=99-']);
});

it('a server that ignores where to go on is read from the beginning', async () => {
  await writeFile(file, bytes.subarray(0, 99));
  server.answer = (_, response) => {
    response.writeHead(200).end(bytes);
  };
  await fetchIt();
  await expectWhole();
  expect(server.requests).toHaveLength(1);
});

it('what is no beginning of the file is fetched anew', async () => {
  server.answer = serving(bytes);
  await writeFile(file, 'something else');
  await fetchIt();
  await expectWhole();
  await writeFile(file, new Uint8Array(bytes.length + 1));
  await fetchIt();
  await expectWhole();
});

it('redirects are followed', async () => {
  server.answer = (request, response) => {
    if (request.url === '/elsewhere') serving(bytes)(request, response);
    else response.writeHead(302, { location: '/elsewhere' }).end();
  };
  await fetchIt();
  await expectWhole();
});

it('another digest is said and nothing is kept', async () => {
  server.answer = serving(bytes.map((byte) => byte ^ 1));
  const error = await failure();
  expect(error).toBeInstanceOf(UserError);
  expect(error.message).toMatch(
    /what 127\.0\.0\.1:\d+ gave for net\.pth has the digest [0-9a-f]{12}… instead of [0-9a-f]{12}…/,
  );
  expect(existsSync(file)).toBe(false);
});

it('a refusal is said with its number', async () => {
  server.answer = (_, response) => {
    response.writeHead(404).end('gone');
  };
  const error = await failure();
  expect(error).toBeInstanceOf(WorldError);
  expect(error.message).toMatch(/^127\.0\.0\.1:\d+ answered HTTP 404 for net\.pth$/);
  expect(existsSync(file)).toBe(false);
});

it('a server that sends nothing any more is given up, and what came is kept', async () => {
  server.answer = (_, response) => {
    response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 500));
  };
  // Going on brings nothing new: the server ignores where.
  const error = await failure({ stallMs: 300 });
  expect(error).toBeInstanceOf(WorldError);
  expect(error.message).toMatch(/sent nothing for 0\.3 s/);
  expect(await readFile(file)).toHaveLength(500);
});

it('a host that cannot be reached is named, with the reason', async () => {
  const error = await failure({ url: 'http://127.0.0.1:4/net.pth' });
  expect(error).toBeInstanceOf(WorldError);
  expect(error.message).toMatch(/^127\.0\.0\.1:4 cannot be reached \(.*ECONNREFUSED.*\)$/);
});

it('a download that is cancelled keeps what came', async () => {
  const stop = new AbortController();
  server.answer = (_, response) => {
    response.writeHead(200, { 'content-length': bytes.length }).write(bytes.subarray(0, 500));
    setTimeout(() => {
      stop.abort(new Error('stopped'));
    }, 100);
  };
  await expect(fetchIt({ signal: stop.signal })).rejects.toThrow('stopped');
  expect(await readFile(file)).toHaveLength(500);
});
