import { buffer } from 'node:stream/consumers';
import type { BitDepth } from '../../src/job/pictureSpec.js';
import { startFfmpeg } from '../../src/media/ffmpeg/runFfmpeg.js';
import { decodeToPlanarArgs, formatFor, mezzanineArgs } from '../../src/media/intermediate/networkFrames.js';
import type { FrameSource } from '../../src/media/picture/frameSource.js';
import { residualFor } from '../../src/media/picture/outOfGamut.js';
import { enlarged } from '../upscaler/support.js';

interface NearestOptions {
  scale?: number;
  delivered?: BitDepth;
  /** False: as jobs did before there was a way around the network. */
  carry?: boolean;
}

/**
 * The mezzanine of all frames as an RGB network leaves them that repeats every sample, and so changes nothing; beside
 * the source. Samples of more than 8 bits only at x1.
 */
export async function throughNearest(
  source: FrameSource,
  { scale = 1, delivered = 8, carry = true }: NearestOptions = {},
): Promise<string> {
  const { info, pts } = source;
  const { width, height } = info.video;
  const output = `${source.file}-x${scale}${carry ? '' : '-cut'}.nut`;
  const residual = carry ? residualFor(info, scale, false) : undefined;
  const format = { ...formatFor(info, 'rgb', delivered), residual };
  const decoder = startFfmpeg(decodeToPlanarArgs(source, 0, pts.length, format), {
    stdout: 'pipe',
    onPts: () => undefined,
  });
  if (!decoder.stdout) throw new Error('no stdout');
  const [frames] = await Promise.all([buffer(decoder.stdout), decoder.done]);
  const encoder = startFfmpeg([...mezzanineArgs(info, format, { width, height }, scale, delivered), output], {
    stdin: 'pipe',
    ...(residual && { side: 'pipe' as const }),
  });
  const seen = 3 * width * height * (format.bitDepth / 8);
  const each = residual ? 2 * seen : seen;
  if (frames.length !== pts.length * each) throw new Error(`${frames.length} bytes are not ${pts.length} frames`);
  for (let from = 0; from < frames.length; from += each) {
    const rgb = frames.subarray(from, from + seen);
    encoder.stdin?.write(scale === 1 ? rgb : enlarged(rgb, width, height, scale));
    encoder.side?.write(frames.subarray(from + seen, from + each));
  }
  encoder.stdin?.end();
  encoder.side?.end();
  await encoder.done;
  return output;
}
