import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type IncomingHttpHeaders, request } from 'node:http';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MediaFolders } from '../../src/dashboard/folders.js';
import type { Link } from '../../src/dashboard/link.js';
import { requireUnlinked } from '../../src/dashboard/links.js';
import { invitation, type Place, placeOf } from '../../src/dashboard/place.js';
import { type Dashboard, serveDashboard } from '../../src/dashboard/serve.js';
import { projectRoot } from '../../src/lib/project.js';
import { loadConfig } from '../../temporal.config.js';
import { eventually } from '../support/cli.js';
import { writeManyJobs } from '../support/manyJobs.js';
import { makeClip, scratchFolder } from '../support/media.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);
const TOKEN = 'a-token-that-is-long-enough';
const BEARER = { authorization: `Bearer ${TOKEN}` };
const WRITE = { 'x-reelscale': '1', 'content-type': 'application/json' };
const away: Link = {
  reach: () => Promise.reject(new Error('UNAVAILABLE')),
  keep: () => Promise.resolve(),
  close: () => Promise.resolve(),
};
const config = loadConfig({
  REELSCALE_HOME: at('home'),
  REELSCALE_DASHBOARD_FOLDERS: at('media'),
  REELSCALE_DASHBOARD_NAMES: 'films.example',
});
/** With the token of its state folder, that every request of the tests has. */
let open: Dashboard;
let place: Place;
/** With a token in a file, that no request has by itself. */
let guarded: Dashboard;

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** By Node's own client: a browser's would not send another Host. */
function ask(
  dashboard: Dashboard,
  target: string,
  { method = 'GET', headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const { hostname, port } = new URL(dashboard.url);
  const own = dashboard === open ? { authorization: `Bearer ${place.token}` } : {};
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path: target, method, headers: { ...own, ...headers } }, (response) => {
      void text(response).then((said) => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: said });
      }, reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const post = (dashboard: Dashboard, target: string, body: string, headers: Record<string, string> = {}) =>
  ask(dashboard, target, { method: 'POST', headers: { ...WRITE, ...headers }, body });
const errorOf = ({ body }: Answer): string => (JSON.parse(body) as { error: string }).error;

beforeAll(async () => {
  for (const name of ['home/jobs/jobs', 'media/shows', 'elsewhere']) mkdirSync(at(name), { recursive: true });
  writeFileSync(at('media/shows/clip.mp4'), 'x');
  writeFileSync(at('elsewhere/secret.mp4'), 'x');
  symlinkSync(at('elsewhere'), at('media/link'));
  symlinkSync(at('elsewhere/secret.mp4'), at('media/secret.mp4'));
  writeFileSync(at('token'), `${TOKEN}\n`, { mode: 0o600 });
  writeManyJobs(config.roots.jobs, 1000);
  const spec = path.join(config.roots.jobs, 'jobs', `f${'0'.repeat(31)}`, 'job.json');
  writeFileSync(
    spec,
    JSON.stringify({
      ...(JSON.parse(readFileSync(spec, 'utf8')) as object),
      input: { root: 'media', path: at('media/shows/mine.mp4').slice(1) },
    }),
  );
  place = await placeOf(config.home, { host: '127.0.0.1', port: 0, tokenFile: undefined });
  open = await serveDashboard(config, place, away, console.error);
  guarded = await serveDashboard(
    config,
    await placeOf(config.home, { host: '127.0.0.1', port: 0, tokenFile: at('token') }),
    away,
    console.error,
  );
});

afterAll(async () => {
  await open.close();
  await guarded.close();
});

describe('where it listens', () => {
  it.each(['0.0.0.0', '192.168.1.2', '::', 'films.example'])('on %s only with a token of its owner', async (host) => {
    await expect(placeOf(config.home, { host, port: undefined, tokenFile: undefined })).rejects.toThrow(
      /needs a token/,
    );
    expect(await placeOf(config.home, { host, port: undefined, tokenFile: at('token') })).toMatchObject({
      token: TOKEN,
    });
  });

  it('refuses a token that is short, or not there', async () => {
    writeFileSync(at('short'), 'secret', { mode: 0o600 });
    await expect(placeOf(config.home, { host: '0.0.0.0', port: undefined, tokenFile: at('short') })).rejects.toThrow(
      /at least 16 characters/,
    );
    await expect(placeOf(config.home, { host: '0.0.0.0', port: undefined, tokenFile: at('nothing') })).rejects.toThrow(
      /cannot be read/,
    );
  });

  it.each([0o640, 0o604, 0o620])('refuses a token that others may have seen or made: %o', async (mode) => {
    writeFileSync(at('seen'), TOKEN);
    chmodSync(at('seen'), mode);
    await expect(placeOf(config.home, { host: '127.0.0.1', port: undefined, tokenFile: at('seen') })).rejects.toThrow(
      /others may read or write the token file .*chmod 600/,
    );
  });

  it('has a token of its own by default, for its user alone, that stays, and that is in the link', async () => {
    const places = await Promise.all(
      [1, 2, 3].map(() => placeOf(at('fresh'), { host: '127.0.0.1', port: undefined, tokenFile: undefined })),
    );
    expect(places[0]?.token).toMatch(/^[0-9a-f]{64}$/);
    expect(new Set(places.map(({ token }) => token)).size).toBe(1);
    expect(statSync(at('fresh/dashboard-token')).mode & 0o777).toBe(0o600);
    expect(readdirSync(at('fresh'))).toEqual(['dashboard-token']);
    expect(invitation(open, place)).toBe(`open ${open.url}?token=${place.token}`);
    chmodSync(at('fresh/dashboard-token'), 0o644);
    await expect(placeOf(at('fresh'), { host: '127.0.0.1', port: undefined, tokenFile: undefined })).rejects.toThrow(
      /chmod 600/,
    );
  });
});

describe('other sites', () => {
  it('reach it under no name of theirs', async () => {
    for (const host of [
      'evil.example',
      'evil.example:8420',
      'localhost.evil.example',
      '0.0.0.0:8420',
      '10.0.0.1',
      'a b',
    ]) {
      expect((await ask(open, '/api/jobs', { headers: { host } })).status, host).toBeGreaterThanOrEqual(400);
    }
    for (const host of ['localhost:1', '127.0.0.1', '[::1]:8420', 'films.example'])
      expect((await ask(open, '/api/session', { headers: { host } })).status, host).toBe(200);
  });

  it('read nothing and change nothing', async () => {
    for (const headers of [
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' },
    ] as Record<string, string>[]) {
      expect((await ask(open, '/api/jobs', { headers })).status).toBe(403);
      expect((await post(open, '/api/jobs', '{}', headers)).status).toBe(403);
    }
    const job = '0'.repeat(32);
    expect(errorOf(await ask(open, `/api/jobs/${job}/pause`, { method: 'POST' }))).toMatch(/X-Reelscale is missing/);
    expect(
      (
        await ask(open, `/api/jobs/${job}/cancel`, {
          method: 'POST',
          headers: { 'x-reelscale': '1', 'content-type': 'text/plain' },
          body: '{}',
        })
      ).status,
    ).toBe(400);
    expect(
      (await ask(open, '/api/jobs', { headers: { origin: open.url.slice(0, -1) } })).headers[
        'access-control-allow-origin'
      ],
    ).toBeUndefined();
  });

  it('cannot put it into a frame, and nothing inline or from elsewhere runs in it', async () => {
    const { headers } = await ask(open, '/');
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
    });
  });
});

describe('a path of a page', () => {
  const tried = async (file: string): Promise<Answer> => ask(open, `/api/folder?path=${encodeURIComponent(file)}`);

  it('shows what is in the media folders, without what leads out of them', async () => {
    const { status, body } = await tried(at('media'));
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ path: at('media'), folders: ['shows'], videos: [] });
    expect(JSON.parse((await tried(at('media/shows'))).body)).toMatchObject({
      parent: at('media'),
      videos: [{ name: 'clip.mp4', bytes: 1 }],
    });
  });

  it('does not leave them, by dots, links or otherwise', async () => {
    for (const file of [
      folder,
      '/',
      at('media/../elsewhere'),
      at('media/link'),
      at('media/shows/../../elsewhere'),
      'media',
      `${at('media')}\0`,
      at('mediawhatever'),
    ]) {
      const answer = await tried(file);
      expect(answer.status, file).toBe(409);
      expect(answer.body).not.toContain('secret');
    }
    for (const input of [
      at('elsewhere/secret.mp4'),
      at('media/secret.mp4'),
      at('media/link/secret.mp4'),
      '/etc/passwd',
    ]) {
      expect(errorOf(await post(open, '/api/jobs', JSON.stringify({ input }))), input).toMatch(
        /is not in a media folder/,
      );
      expect((await post(open, '/api/estimate', JSON.stringify({ input }))).status).toBe(409);
    }
    const output = { input: at('media/shows/clip.mp4'), output: at('media/link/out.mp4') };
    expect(errorOf(await post(open, '/api/jobs', JSON.stringify(output)))).toMatch(/is not in a media folder/);
  });

  it('of the server is one of its own files, byte by byte, or nothing', async () => {
    const own = path.join(projectRoot, 'dist', 'web');
    const page = readFileSync(path.join(own, 'index.html'), 'utf8');
    for (const name of readdirSync(own))
      expect(await ask(open, `/${name}`), name).toMatchObject({
        status: 200,
        body: readFileSync(path.join(own, name), 'utf8'),
      });
    for (const target of ['/', '/new', '/batches', `/jobs/${'0'.repeat(32)}`, '/jobs/../main.js/..'])
      expect(await ask(open, target), target).toMatchObject({ status: 200, body: page });
    for (const target of [
      '/../package.json',
      '/..%2fpackage.json',
      '/%2e%2e/package.json',
      '/..%5cpackage.json',
      '/main.js/../../package.json',
      '/web/main.js',
      '/dist/web/main.js',
      '/api/jobs/../../etc/passwd',
      '/%2fetc%2fpasswd',
      '//etc/passwd',
      '/main.js%00',
      '/main.js/',
      '/jobs/..%2fmain.js/x',
    ])
      expect(await ask(open, target), target).toMatchObject({
        status: 404,
        body: '{"error":"there is nothing here"}',
      });
  });
});

it('what is no request gets one line, and nothing is done', async () => {
  expect(errorOf(await post(open, '/api/jobs', '{"input":'))).toBe('the body is not JSON');
  expect(errorOf(await post(open, '/api/jobs', '[]'))).toMatch(/expected object/i);
  expect(errorOf(await post(open, '/api/jobs', JSON.stringify({ input: 'a.mp4', crf: 99 })))).toMatch(/^crf: /);
  expect(errorOf(await post(open, '/api/jobs', JSON.stringify({ input: 'a.mp4', surprise: 1 })))).toMatch(/surprise/);
  expect(errorOf(await post(open, '/api/jobs', JSON.stringify({ input: 'a.mp4', model: '../../net.onnx' })))).toMatch(
    /^model: /,
  );
  expect((await post(open, '/api/jobs', JSON.stringify({ input: 'x'.repeat(100_000) }))).status).toBe(413);
  expect((await ask(open, '/api/jobs/nonsense')).status).toBe(400);
  expect((await ask(open, `/api/jobs/${'0'.repeat(32)}/frames/-1/source`)).status).toBe(400);
  expect((await ask(open, '/api/nothing')).status).toBe(404);
  expect((await ask(open, '/api/batches/nonsense')).status).toBe(400);
  expect((await ask(open, `/api/batches/${'0'.repeat(32)}`)).status).toBe(404);
  expect((await post(open, '/api/schedules/..%2fnight/trigger', '')).status).toBe(400);
  expect(errorOf(await post(open, `/api/batches/${'0'.repeat(32)}/resume`, ''))).toBe('there is no such batch');
  // As browsers send it: without a body, and so without its type.
  expect(
    errorOf(
      await ask(open, `/api/jobs/f${'0'.repeat(31)}/resume`, {
        method: 'POST',
        headers: { 'x-reelscale': '1', 'content-length': '0' },
      }),
    ),
  ).toBe('the job is done');
});

it('a thousand jobs are listed while the server is away, and changes are told by their revision', async () => {
  const { jobs, total, revision } = JSON.parse((await ask(open, '/api/jobs')).body) as {
    jobs: { inputName: string; status: string }[];
    total: number;
    revision: string;
  };
  expect(total).toBe(1000);
  expect(jobs[0]).toMatchObject({ inputName: 'Lost in Space 1000.mp4', status: 'failed' });
  expect(jobs.filter(({ status }) => status === 'done')).toHaveLength(900);
  expect((JSON.parse((await ask(open, '/api/jobs?limit=10')).body) as { jobs: unknown[] }).jobs).toHaveLength(10);
  expect(JSON.parse((await ask(open, '/api/overview')).body)).toMatchObject({ server: 'away' });
  const first = await firstEvent(`/api/events?since=${revision}`);
  expect(first).toMatch(/^event: overview$/m);
  expect(first).not.toContain('reset');
  expect(await firstEvent('/api/events?since=another-1')).toMatch(/^event: reset$/m);
});

function firstEvent(target: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${open.url.slice(0, -1)}${target}`,
      { headers: { authorization: `Bearer ${place.token}` } },
      (response) => {
        let said = '';
        response.on('data', (chunk: Buffer) => {
          said += chunk.toString();
          if (!/event: .*\n(.*\n)+\n/.test(said)) return;
          sent.destroy();
          resolve(said);
        });
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

describe('a token', () => {
  it('is needed for everything but the page itself', async () => {
    expect((await ask(guarded, '/')).status).toBe(200);
    expect(JSON.parse((await ask(guarded, '/api/session')).body)).toMatchObject({ signedIn: false });
    for (const target of [
      '/api/jobs',
      '/api/batches',
      '/api/events',
      '/api/openapi.json',
      '/api/choices',
      `/api/folder?path=${folder}`,
      `/api/jobs/${'0'.repeat(32)}/frames`,
      '/api/nothing',
    ])
      expect((await ask(guarded, target)).status, target).toBe(401);
    expect((await post(guarded, '/api/jobs', '{}')).status).toBe(401);
    expect((await ask(guarded, '/api/jobs', { headers: BEARER })).status).toBe(200);
  });

  it('opens a session, in a cookie that scripts and other sites do not get, and that cannot be made up', async () => {
    const { status, headers } = await post(guarded, '/api/session', JSON.stringify({ token: TOKEN }));
    expect(status).toBe(200);
    const cookie = String(headers['set-cookie']?.[0]);
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    expect(cookie).not.toContain(TOKEN);
    const pair = cookie.split(';')[0] as string;
    expect((await ask(guarded, '/api/jobs', { headers: { cookie: pair } })).status).toBe(200);
    const [until, signature] = (pair.split('=')[1] as string).split('.');
    for (const made of [`${Number(until) + 1}.${signature}`, `${until}.`, '', `0.${signature}`])
      expect(
        (await ask(guarded, '/api/jobs', { headers: { cookie: `reelscale_session=${made}` } })).status,
        made,
      ).toBe(401);
    expect(
      (await post(guarded, '/api/session', JSON.stringify({ token: TOKEN }), { origin: 'http://evil.example' }))
        .status,
    ).toBe(403);
  });

  it('in a link becomes a cookie and leaves the address; a wrong one opens nothing', async () => {
    const { status, headers } = await ask(guarded, `/batches?token=${TOKEN}`);
    expect(status).toBe(303);
    expect(headers.location).toBe('/batches');
    const cookie = String(headers['set-cookie']?.[0]);
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
    expect((await ask(guarded, '/api/jobs', { headers: { cookie: cookie.split(';')[0] as string } })).status).toBe(
      200,
    );
    const wrong = await ask(guarded, `/?token=${TOKEN}x`);
    expect(wrong).toMatchObject({ status: 303, headers: { location: '/' } });
    expect(wrong.headers['set-cookie']).toBeUndefined();
  });

  it('that is wrong gets in nowhere, and after ten of them more must wait; the right one always gets in', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 12; i++)
      statuses.push((await post(guarded, '/api/session', JSON.stringify({ token: `${TOKEN}${i}` }))).status);
    // One was wrong before, in a link.
    expect(statuses).toEqual([...Array<number>(9).fill(401), 429, 429, 429]);
    expect(
      Number((await ask(guarded, '/api/jobs', { headers: { authorization: 'Bearer wrong' } })).headers['retry-after']),
    ).toBeGreaterThan(0);
    expect((await ask(guarded, '/api/jobs', { headers: BEARER })).status).toBe(200);
  });
});

describe('what is asked for too often at once', () => {
  it('are measurements: one at a time, the others are told to wait, and no ffmpeg is started for them', async () => {
    await makeClip(at('media/shows/real.mp4'), { seconds: 2, size: '64x48' });
    const asked = JSON.stringify({ input: at('media/shows/real.mp4'), model: 'bicubic', scale: 2, measure: true });
    const answers = await Promise.all(Array.from({ length: 12 }, () => post(open, '/api/estimate', asked)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(11).fill(429)]);
    const refused = answers.find(({ status }) => status === 429) as Answer;
    expect(errorOf(refused)).toMatch(/another measurement is under way/);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await post(open, '/api/estimate', asked)).status).toBe(200);
  });

  it('are pages: those that are open stay so, and a place is free when one is closed', async () => {
    const job = `f${'0'.repeat(31)}`;
    const streams = await Promise.all(Array.from({ length: 70 }, () => openStream(`/api/events?job=${job}`)));
    const statuses = streams.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(64);
    expect(statuses.filter((status) => status === 429)).toHaveLength(6);
    for (const { close } of streams) close();
    await eventually('a place is free', async () => {
      const { status, close } = await openStream('/api/events');
      close();
      return status === 200;
    });
  });
});

it('pictures are made of the file that a job was made for, never of what a link in its place leads to', async () => {
  const file = at('media/shows/mine.mp4');
  const poster = `/api/jobs/f${'0'.repeat(31)}/poster`;
  await makeClip(at('elsewhere/mine.mp4'), { seconds: 0.2, size: '64x48' });
  symlinkSync(at('elsewhere/mine.mp4'), file);
  await expect(requireUnlinked('/', file)).rejects.toThrow(/has become a link/);
  expect((await ask(open, poster)).status).toBe(204);
  rmSync(file);
  await expect(requireUnlinked('/', file)).rejects.toThrow(/is gone/);
  renameSync(at('elsewhere/mine.mp4'), file);
  expect((await ask(open, poster)).status).toBe(200);
  renameSync(file, at('elsewhere/mine.mp4'));
  renameSync(at('media/shows'), at('media/moved'));
  symlinkSync(at('elsewhere'), at('media/shows'));
  await expect(requireUnlinked('/', file)).rejects.toThrow(/lies behind one/);
  // The root itself may be reached through a link.
  symlinkSync(at('media'), at('mounted'));
  await expect(requireUnlinked(at('mounted'), at('mounted/moved/clip.mp4'))).resolves.toBeUndefined();
});

it("media folders are by default the user's home and the folders of known jobs, and never everything", async () => {
  expect(loadConfig({ REELSCALE_HOME: at('home') }).dashboard.folders).toBeUndefined();
  expect(loadConfig({ REELSCALE_HOME: at('home'), REELSCALE_MEDIA_ROOT: at('media') }).dashboard.folders).toEqual([
    at('media'),
  ]);
  mkdirSync(at('home-of-user'));
  const known = [at('elsewhere')];
  const folders = new MediaFolders(() => [at('home-of-user'), ...known]);
  await expect(folders.inside(at('media/moved/clip.mp4'))).rejects.toThrow(/is not in a media folder/);
  known.push(at('media/moved'), at('media'));
  expect(await folders.inside(at('media/moved/clip.mp4'))).toBe(at('media/moved/clip.mp4'));
  expect(await folders.list()).toEqual([at('elsewhere'), at('home-of-user'), at('media')]);
});

function openStream(target: string): Promise<{ status: number | undefined; close: () => void }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${open.url.slice(0, -1)}${target}`,
      { headers: { authorization: `Bearer ${place.token}` } },
      (response) => {
        response.on('error', () => undefined);
        resolve({
          status: response.statusCode,
          close: () => {
            sent.destroy();
          },
        });
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}
