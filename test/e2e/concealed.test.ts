import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { JobReport } from '../../src/job/contracts.js';
import { Cli, decodedFrames } from '../support/cli.js';
import { makeClip } from '../support/media.js';

const cli = new Cli();

it('damage that the decoder conceals is told, though no frame is missing', async () => {
  const clip = await makeClip(cli.file('clip.mp4'), { seconds: 2, size: '160x120', audioTracks: 0, video: ['-c:v', 'libx264', '-g', '25', '-pix_fmt', 'yuv420p'] });
  const bytes = readFileSync(clip);
  const start = bytes.indexOf('mdat');
  const middle = start + Math.floor((bytes.lastIndexOf('moov') - start) / 2);
  for (let i = 0; i < 60; i++) bytes[middle + i]! ^= 0x5a;
  writeFileSync(cli.file('rotten.mp4'), bytes);

  const { code, value } = await cli.json<JobReport>('upscale', 'rotten.mp4', '--preset', 'preview', '-s', '2');
  expect(code).toBe(3);
  expect(value.damaged).toEqual({ expected: 50, decoded: 50 });
  expect(value.warnings.join()).toContain('the decoder said');
  expect(await decodedFrames(value.output)).toBe(50);
});
