import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { batchLayout } from '../../src/job/batch/layout.js';
import { jobLayout, requireInside, resolveRooted, toRooted } from '../../src/job/layout.js';
import { rootedPathSchema } from '../../src/job/spec.js';
import { readStored } from '../../src/job/store.js';
import { scratchFolder } from '../support/media.js';

const here = { jobs: '/a/jobs', media: '/', models: '/a/models' };
const there = { jobs: '/mnt/jobs', media: '/mnt/films', models: '/mnt/models' };

describe('paths relative to a root', () => {
  it('mean the same file on a host that mounts the root elsewhere', () => {
    const file = toRooted({ ...here, media: '/home/films' }, 'media', '/home/films/a/b.mp4');
    expect(resolveRooted(there, file)).toBe('/mnt/films/a/b.mp4');
  });

  it('keep names with spaces, quotes and newlines', () => {
    const name = '/home/it\'s "a"\nfilm.mp4';
    expect(resolveRooted(here, toRooted(here, 'media', name))).toBe(name);
  });

  it('may begin with two dots in a name, but not leave the root', () => {
    expect(resolveRooted(there, { root: 'media', path: '..hidden.mp4' })).toBe('/mnt/films/..hidden.mp4');
    expect(() => resolveRooted(there, { root: 'media', path: '../secret' })).toThrow('leaves the media root');
    expect(() => toRooted(there, 'jobs', '/elsewhere/x')).toThrow('not below');
  });
});

describe('what a payload or a record names', () => {
  const key = 'a'.repeat(32);

  it.each(['../../../tmp/evil', 'x', '', 'A'.repeat(32), `${key}/..`, `${key}\n`])(
    'is no folder where it is no key: %j',
    async (evil) => {
      expect(() => jobLayout(here, { jobKey: evil, upscaleKey: key })).toThrow('is no key');
      expect(() => jobLayout(here, { jobKey: key, upscaleKey: evil })).toThrow('is no key');
      expect(() => batchLayout(here, evil)).toThrow('is no key');
      expect(() => batchLayout(here, key).round(evil)).toThrow('is no round');
      expect(await readStored(here, evil)).toBeUndefined();
    },
  );

  it.each(['/etc/passwd', '../x', 'a/../../x', 'a\0b'])('is no path below a root: %j', (evil) => {
    expect(rootedPathSchema.safeParse({ root: 'media', path: evil }).success).toBe(false);
  });

  it('may not lead out of its root by a link, also where the file is not there yet', async () => {
    const folder = scratchFolder();
    const [root, outside] = [path.join(folder, 'root'), path.join(folder, 'outside')];
    for (const each of [path.join(root, 'own'), outside]) mkdirSync(each, { recursive: true });
    writeFileSync(path.join(outside, 'notice.json'), '{}');
    symlinkSync(outside, path.join(root, 'link'));
    symlinkSync('own', path.join(root, 'inner'));
    for (const evil of ['link', 'link/notice.json', 'link/not/there'])
      await expect(requireInside(root, path.join(root, evil))).rejects.toThrow('leads out of');
    for (const good of ['own', 'own/not/there', 'inner/x', '.']) await requireInside(root, path.join(root, good));
    await requireInside('/', path.join(root, 'link'));
  });
});
