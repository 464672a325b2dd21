import { readFileSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import type { JobReport } from '../../src/job/contracts.js';
import { argv } from '../../src/lib/argv.js';
import { Cli, decodedFrames } from '../support/cli.js';
import { makeClip } from '../support/media.js';

const cli = new Cli();

it('damage that the decoder conceals is told, though no frame is missing', async () => {
  const clip = await makeClip(cli.file('clip.mp4'), {
    seconds: 2,
    size: '320x240',
    audioTracks: 0,
    video: ['-c:v', 'libx264', '-g', '25', '-pix_fmt', 'yuv420p'],
  });
  const bytes = readFileSync(clip);
  // In the middle of a picture's own data: the packet stays whole, and so does the count.
  for (const index of [10, 20, 30, 40]) {
    const { position, size } = await packet(clip, index);
    bytes.fill(0xa5, position + Math.floor(size / 2), position + Math.floor(size * 0.9));
  }
  writeFileSync(cli.file('rotten.mp4'), bytes);

  const { code, value } = await cli.json<JobReport>('upscale', 'rotten.mp4', '--preset', 'preview', '-s', '2');
  expect(code).toBe(3);
  expect(value.damaged).toEqual({ expected: 50, decoded: 50 });
  expect(value.warnings.join()).toContain('the decoder said');
  expect(await decodedFrames(value.output)).toBe(50);
});

async function packet(file: string, index: number): Promise<{ position: number; size: number }> {
  const { stdout } = await execa(
    'ffprobe',
    argv`-v error -select_streams v:0 -show_entries packet=pos,size -of json ${file}`,
  );
  const { packets } = JSON.parse(stdout) as { packets: { pos: string; size: string }[] };
  return { position: Number(packets[index]?.pos), size: Number(packets[index]?.size) };
}
