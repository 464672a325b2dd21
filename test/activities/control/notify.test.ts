import { chmodSync, copyFileSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createNotifyActivities } from '../../../src/activities/control/notify.js';
import { post } from '../../../src/activities/control/post.js';
import { jobFolder } from '../../../src/job/layout.js';
import { type Notice, recordNotice } from '../../../src/job/notice.js';
import { isPrivate, PrivateAddress } from '../../../src/lib/privateAddress.js';
import { writeManyJobs } from '../../support/manyJobs.js';
import { scratchFolder } from '../../support/media.js';

const folder = scratchFolder();
const roots = { jobs: path.join(folder, 'jobs'), models: path.join(folder, 'models'), media: '/' };
const noticeKeyFile = path.join(folder, 'home', 'notice.key');
const told = path.join(folder, 'told.json');
const [jobKey, other] = ['f'.padEnd(32, '0'), `f${'1'.padStart(31, '0')}`];
const noticeFile = path.join(jobFolder(roots, jobKey), 'notice.json');
const posts: string[] = [];
const server = http.createServer((request, response) => {
  posts.push(request.url ?? '');
  response.writeHead(request.url === '/moved' ? 302 : 204, { location: '/elsewhere' }).end();
});
let port: number;

const record = (notice: Notice, key = jobKey): Promise<void> =>
  recordNotice(roots, noticeKeyFile, { kind: 'job', jobKey: key }, notice);
const tell = (name: 'sendWebhook' | 'runHook', keyFile = noticeKeyFile): Promise<void> =>
  new MockActivityEnvironment().run(() =>
    createNotifyActivities({
      roots,
      noticeKeyFile: keyFile,
      shutdown: new AbortController().signal,
      checkpointSeconds: 1,
      minFreeBytes: 0,
      backlogBytes: 1e9,
    })[name]({ kind: 'job', jobKey }),
  );
const warnings = (): string[] =>
  (JSON.parse(readFileSync(path.join(jobFolder(roots, jobKey), 'report.json'), 'utf8')) as { warnings: string[] })
    .warnings;

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.close();
});
beforeEach(() => {
  writeManyJobs(roots.jobs, 2);
  rmSync(told, { force: true });
});

describe('a notice', () => {
  it('is obeyed when this host has sealed it; its key is for its owner alone', async () => {
    await record({ command: `cat > ${told}` });
    await tell('runHook');
    expect(JSON.parse(readFileSync(told, 'utf8'))).toMatchObject({ event: 'job.done' });
    expect(statSync(noticeKeyFile).mode & 0o777).toBe(0o600);
    expect(statSync(noticeFile).mode & 0o777).toBe(0o600);
  });

  it.each<[string, () => Promise<void> | void, string]>([
    [
      'without a seal, as an earlier version wrote it',
      () => {
        writeFileSync(noticeFile, JSON.stringify({ command: `touch ${told}` }));
      },
      'is not sealed',
    ],
    // The checksum of records is no seal: whoever changes a notice leaves it out.
    [
      'with another command',
      () => {
        writeFileSync(
          noticeFile,
          readFileSync(noticeFile, 'utf8')
            .replace('true', `touch ${told}`)
            .replace(/,"crc":"[0-9a-f]{8}"/, ''),
        );
      },
      'was changed',
    ],
    [
      'with a flipped byte',
      () => {
        writeFileSync(noticeFile, readFileSync(noticeFile, 'utf8').replace('true', 'trud'));
      },
      'is damaged',
    ],
    [
      'of another job',
      async () => {
        await record({ command: `touch ${told}` }, other);
        copyFileSync(path.join(jobFolder(roots, other), 'notice.json'), noticeFile);
      },
      'was changed',
    ],
  ])('%s runs nothing, and the log and the report say so', async (_, tamper, line) => {
    await record({ command: 'true' });
    await tamper();
    for (const name of ['sendWebhook', 'runHook'] as const)
      await expect(tell(name)).rejects.toMatchObject({
        nonRetryable: true,
        message: expect.stringContaining(line) as string,
      });
    expect(existsSync(told)).toBe(false);
    expect(warnings()).toEqual([expect.stringContaining(line)]);
  });

  it('of another host is left to a worker that has its key', async () => {
    await record({ command: `touch ${told}` });
    await expect(tell('runHook', path.join(folder, 'elsewhere', 'notice.key'))).rejects.toMatchObject({
      nonRetryable: false,
      message: expect.stringContaining("another host's key") as string,
    });
    expect(existsSync(told)).toBe(false);
  });

  it('is not trusted where others can read the key', async () => {
    await record({ command: `touch ${told}` });
    chmodSync(noticeKeyFile, 0o644);
    try {
      await expect(tell('runHook')).rejects.toThrow('can be read by others');
      await expect(record({ command: 'true' })).rejects.toThrow('can be read by others');
    } finally {
      chmodSync(noticeKeyFile, 0o600);
    }
    expect(existsSync(told)).toBe(false);
  });
});

describe('a webhook', () => {
  it('goes to this machine or a private network only when that was allowed, by name or by number', async () => {
    posts.length = 0;
    for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '0.0.0.0', '2130706433']) {
      await record({ url: `http://${host}:${port}/hook` });
      await expect(tell('sendWebhook'), host).rejects.toMatchObject({
        nonRetryable: true,
        message: expect.stringContaining('--notify-private') as string,
      });
    }
    expect(posts).toEqual([]);
    await record({ url: `http://localhost:${port}/hook`, privateToo: true });
    await tell('sendWebhook');
    expect(posts).toEqual(['/hook']);
  });

  it('follows no redirection', async () => {
    posts.length = 0;
    await record({ url: `http://127.0.0.1:${port}/moved`, privateToo: true });
    await expect(tell('sendWebhook')).rejects.toMatchObject({
      nonRetryable: true,
      message: 'the web server answered 302',
    });
    expect(posts).toEqual(['/moved']);
  });

  it('is looked at by the address that is connected to', async () => {
    await expect(
      post(`http://localhost:${port}/`, {
        headers: {},
        body: '',
        privateToo: false,
        signal: new AbortController().signal,
      }),
    ).rejects.toBeInstanceOf(PrivateAddress);
  });

  it.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '::1',
    '::',
    'fe80::1%eth0',
    'fd00::1',
    '::ffff:10.0.0.1',
    '::7f00:1',
    '64:ff9b::a00:1',
    '2002:7f00:1::',
  ])('knows %s for private', (address) => {
    expect(isPrivate(address)).toBe(true);
  });

  it.each(['1.1.1.1', '172.32.0.1', '2606:4700::1111', '::ffff:1.1.1.1'])('knows %s for public', (address) => {
    expect(isPrivate(address)).toBe(false);
  });
});
