import { execa } from 'execa';
import { expect, it } from 'vitest';
import type { JobReport } from '../../src/job/contracts.js';
import { argv } from '../../src/lib/argv.js';
import { Cli, decodedFrames } from '../support/cli.js';
import { ffmpeg } from '../support/media.js';
import { tinyModel } from '../support/models.js';

const cli = new Cli({ REELSCALE_HEARTBEAT_SECONDS: '20' });

/** PSNR in dB of the planes of a file against another one that goes through a filter first. */
async function psnr(file: string, other: string, filter: string): Promise<Record<'y' | 'u' | 'v', number>> {
  const graph = `[0:v]settb=1/25,setpts=N[a];[1:v]${filter},settb=1/25,setpts=N[b];[a][b]psnr`;
  const { stderr } = await execa(
    'ffmpeg',
    argv`-hide_banner -nostdin -i ${file} -i ${other} -filter_complex ${graph} -f null -`,
  );
  const found = /PSNR y:(\S+) u:(\S+) v:(\S+)/.exec(stderr)?.slice(1) ?? [];
  const [y = NaN, u = NaN, v = NaN] = found.map((value) => (value === 'inf' ? Infinity : Number(value)));
  return { y, u, v };
}

it('a luma network of one size makes the luma, ffmpeg the chroma; repeated frames are inferred once', async () => {
  await tinyModel(cli.file('luma.onnx'), { channels: 1, fixed: { width: 48, height: 40 } });
  const clip = cli.file('twice.mkv');
  // Every frame is there twice.
  await ffmpeg(
    ...argv`
      -f lavfi -i testsrc2=size=98x64:rate=25:duration=1 -vf fps=25/2,fps=25 -c:v ffv1 -pix_fmt yuv420p ${clip}
    `,
  );
  const frames = await decodedFrames(clip);
  const { code, value, stderr } = await cli.json<JobReport>(
    'upscale',
    clip,
    ...argv`-m luma.onnx --crf 1 --segment-frames 16 --checkpoint-frames 5 -o large.mp4`,
  );
  expect(code, stderr).toBe(0);
  expect(value.frames).toBe(frames);
  expect(value.inferredFrames + value.duplicateFrames).toBe(frames);
  expect(value.duplicateFrames).toBeGreaterThanOrEqual(frames / 2 - 3);
  expect(value.duplicateFrames).toBeLessThanOrEqual(frames / 2);

  const left = 'in_h_chr_pos=0:in_v_chr_pos=128:out_h_chr_pos=0:out_v_chr_pos=128';
  expect((await psnr(cli.file('large.mp4'), clip, 'scale=196:128:flags=neighbor')).y).toBeGreaterThan(48);
  const { u, v } = await psnr(cli.file('large.mp4'), clip, `scale=196:128:flags=bicubic:${left}`);
  expect(Math.min(u, v)).toBeGreaterThan(48);
});
