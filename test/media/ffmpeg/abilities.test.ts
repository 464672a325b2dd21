import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { hasFilter, lacking } from '../../../src/media/ffmpeg/abilities.js';
import { scratchFolder } from '../../support/media.js';

const folder = scratchFolder();
const search = process.env['PATH'] ?? '';
afterEach(() => {
  process.env['PATH'] = search;
});

it('what a build of ffmpeg lacks is named, with what it is for', async () => {
  writeFileSync(
    path.join(folder, 'ffmpeg'),
    `#!/bin/sh\nPATH='${search}' ffmpeg "$@" | grep -vE 'zscale|libsvtav1'\n`,
  );
  chmodSync(path.join(folder, 'ffmpeg'), 0o755);
  process.env['PATH'] = `${folder}${path.delimiter}${search}`;
  expect(await lacking()).toEqual(
    expect.arrayContaining(['zscale (upscaling by a network)', 'libsvtav1 (--codec av1)']),
  );
  expect(await hasFilter('scale')).toBe(true);
});

it('nothing is said to be lacking that is there', async () => {
  expect((await lacking()).join()).not.toMatch(/zscale|libx265/);
});
