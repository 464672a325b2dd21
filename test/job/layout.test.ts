import { describe, expect, it } from 'vitest';
import { resolveRooted, toRooted } from '../../src/job/layout.js';

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
