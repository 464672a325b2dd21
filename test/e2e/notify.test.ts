import { createHmac } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hasCode } from '../../src/lib/systemErrors.js';
import { Cli, eventually } from '../support/cli.js';
import { makeClip } from '../support/media.js';

const cli = new Cli();
const SECRET = 'a-secret-that-nobody-else-knows';
const posts: { headers: http.IncomingHttpHeaders; body: string }[] = [];
/** Fails the first time, as web servers do. */
const server = http.createServer((request, response) => {
  let body = '';
  request
    .on('data', (text: Buffer) => {
      body += text.toString();
    })
    .on('end', () => {
      posts.push({ headers: request.headers, body });
      response.writeHead(posts.length === 1 ? 500 : 204).end();
    });
});
let url: string;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token-in-the-address`;
  await makeClip(cli.file('clip.mp4'), { seconds: 0.4, size: '64x48' });
  writeFileSync(cli.file('secret'), `${SECRET}\n`);
});
afterAll(() => {
  server.close();
});

/** The server's journal comes and goes while it works; a file that has just gone holds nothing. */
function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return Buffer.alloc(0);
    throw error;
  }
}

it('the end of a job is posted signed, tried again, and told a command; no secret reaches the server', async () => {
  const { code, stderr } = await cli.run(
    'upscale',
    'clip.mp4',
    '--preset',
    'preview',
    '-s',
    '2',
    '--notify',
    url,
    '--notify-private',
    '--notify-secret-file',
    'secret',
    '--on-done',
    `cat > ${cli.file('told.json')}`,
  );
  expect(code, stderr).toBe(0);
  await eventually('the second post', () => posts.length >= 2);
  const [first, second] = posts as [(typeof posts)[0], (typeof posts)[0]];
  for (const { headers, body } of [first, second]) {
    const signed = createHmac('sha256', SECRET)
      .update(`${String(headers['x-reelscale-timestamp'])}.${body}`)
      .digest('hex');
    expect(headers['x-reelscale-signature']).toBe(`sha256=${signed}`);
  }
  expect(second.body).toBe(first.body);
  const told = JSON.parse(second.body) as { event: string; output: string; report: { frames: number } };
  expect(told).toMatchObject({ event: 'job.done', output: cli.file('clip.x2.mp4'), report: { frames: 10 } });
  const file = await eventually(
    'the command was run',
    () => existsSync(cli.file('told.json')) && statSync(cli.file('told.json')).size > 0 && cli.file('told.json'),
  );
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ event: 'job.done' });

  const database = readdirSync(cli.home).filter((name) => name.startsWith('temporal-'));
  expect(database.length).toBeGreaterThan(0);
  for (const name of database)
    for (const text of [SECRET, 'token-in-the-address'])
      expect(bytesOf(path.join(cli.home, name)).includes(text), `${name} holds ${text}`).toBe(false);
  const jobs = path.join(cli.home, 'jobs/jobs');
  expect(statSync(path.join(jobs, readdirSync(jobs)[0] ?? '', 'notice.json')).mode & 0o777).toBe(0o600);
});

it('the end of a batch with a failure is posted too', async () => {
  writeFileSync(cli.file('broken.mp4'), 'no video');
  const before = posts.length;
  expect(
    (
      await cli.run(
        'batch',
        'broken.mp4',
        '--out-dir',
        'out',
        '--preset',
        'preview',
        '--notify',
        url,
        '--notify-private',
      )
    ).code,
  ).toBe(1);
  const post = await eventually('the post', () => posts[before]);
  expect(post.headers['x-reelscale-signature']).toBeUndefined();
  expect(JSON.parse(post.body)).toMatchObject({
    event: 'batch.failed',
    failed: 1,
    failures: [{ input: cli.file('broken.mp4') }],
  });
});
