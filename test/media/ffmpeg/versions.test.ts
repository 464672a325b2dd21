import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { WorldError } from '../../../src/lib/errors.js';
import { toolVersions } from '../../../src/media/ffmpeg/versions.js';
import { scratchFolder } from '../../support/media.js';

const search = process.env['PATH'] ?? '';
afterEach(() => {
  process.env['PATH'] = search;
});

it('an ffmpeg that was killed while it told its version is asked again', async () => {
  const folder = scratchFolder();
  writeFileSync(path.join(folder, 'ffmpeg'), '#!/bin/sh\nkill -9 $$\n', { mode: 0o755 });
  process.env['PATH'] = `${folder}:${search}`;
  await expect(toolVersions()).rejects.toThrow(WorldError);
  process.env['PATH'] = search;
  expect((await toolVersions())['ffmpeg']).toMatch(/^\S*\d/);
});
