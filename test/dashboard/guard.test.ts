import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { MediaFolders } from '../../src/dashboard/folders.js';
import { requireUnlinked } from '../../src/dashboard/links.js';
import { projectRoot } from '../../src/lib/project.js';
import { loadConfig } from '../../temporal.config.js';
import { type Answer, dashboards, errorOf } from '../support/dashboards.js';
import { makeClip } from '../support/media.js';

const { folder, at, served, ask, post } = dashboards();

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
      expect((await ask(served.open, '/api/jobs', { headers: { host } })).status, host).toBeGreaterThanOrEqual(400);
    }
    for (const host of ['localhost:1', '127.0.0.1', '[::1]:8420', 'films.example'])
      expect((await ask(served.open, '/api/session', { headers: { host } })).status, host).toBe(200);
  });

  it('read nothing and change nothing', async () => {
    for (const headers of [
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' },
      { 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'cors' },
    ] as Record<string, string>[]) {
      expect((await ask(served.open, '/api/jobs', { headers })).status).toBe(403);
      expect((await post(served.open, '/api/jobs', '{}', headers)).status).toBe(403);
    }
    const job = '0'.repeat(32);
    expect(errorOf(await ask(served.open, `/api/jobs/${job}/pause`, { method: 'POST' }))).toMatch(
      /X-Reelscale is missing/,
    );
    expect(
      (
        await ask(served.open, `/api/jobs/${job}/cancel`, {
          method: 'POST',
          headers: { 'x-reelscale': '1', 'content-type': 'text/plain' },
          body: '{}',
        })
      ).status,
    ).toBe(400);
    expect(
      (await ask(served.open, '/api/jobs', { headers: { origin: served.open.url.slice(0, -1) } })).headers[
        'access-control-allow-origin'
      ],
    ).toBeUndefined();
  });

  it('cannot put it into a frame, and nothing inline or from elsewhere runs in it', async () => {
    const { headers } = await ask(served.open, '/');
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
  const tried = async (file: string): Promise<Answer> =>
    ask(served.open, `/api/folder?path=${encodeURIComponent(file)}`);

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
      expect(errorOf(await post(served.open, '/api/jobs', JSON.stringify({ input }))), input).toMatch(
        /is not in a media folder/,
      );
      expect((await post(served.open, '/api/estimate', JSON.stringify({ input }))).status).toBe(409);
    }
    const output = { input: at('media/shows/clip.mp4'), output: at('media/link/out.mp4') };
    expect(errorOf(await post(served.open, '/api/jobs', JSON.stringify(output)))).toMatch(/is not in a media folder/);
  });

  it('of the server is one of its own files, byte by byte, or nothing', async () => {
    const own = path.join(projectRoot, 'dist', 'web');
    const page = readFileSync(path.join(own, 'index.html'), 'utf8');
    for (const name of readdirSync(own))
      expect(await ask(served.open, `/${name}`), name).toMatchObject({
        status: 200,
        body: readFileSync(path.join(own, name), 'utf8'),
      });
    for (const target of ['/', '/new', '/batches', `/jobs/${'0'.repeat(32)}`, '/jobs/../main.js/..'])
      expect(await ask(served.open, target), target).toMatchObject({ status: 200, body: page });
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
      expect(await ask(served.open, target), target).toMatchObject({
        status: 404,
        body: '{"error":"there is nothing here"}',
      });
  });
});

it('pictures are made of the file that a job was made for, never of what a link in its place leads to', async () => {
  const file = at('media/shows/mine.mp4');
  const poster = `/api/jobs/f${'0'.repeat(31)}/poster`;
  await makeClip(at('elsewhere/mine.mp4'), { seconds: 0.2, size: '64x48' });
  symlinkSync(at('elsewhere/mine.mp4'), file);
  await expect(requireUnlinked('/', file)).rejects.toThrow(/has become a link/);
  expect((await ask(served.open, poster)).status).toBe(204);
  rmSync(file);
  await expect(requireUnlinked('/', file)).rejects.toThrow(/is gone/);
  renameSync(at('elsewhere/mine.mp4'), file);
  expect((await ask(served.open, poster)).status).toBe(200);
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
