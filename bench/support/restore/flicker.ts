import { execa } from 'execa';
import { sharedClip } from '../clips.js';
import { mean, type Rgb } from '../quality/protocol.js';
import type { Enlarge } from './nearness.js';

/** Each is ten seconds long. */
export const FLICKER_CLIPS = ['live/pancake-426x240-opus-10s.mkv', 'cartoon/bbb-320x180-vp9-10s.webm'];
const SECONDS = 10;
/** In the middle of each frame. */
const SIDE = { width: 160, height: 120 };

/** The first ten seconds of a clip. */
export async function tenSeconds(clip: string): Promise<Rgb[]> {
  const { width, height } = SIDE;
  const { stdout } = await execa(
    'ffmpeg',
    [
      ...['-v', 'error', '-i', sharedClip(clip), '-t', String(SECONDS), '-vf', `crop=${width}:${height}`],
      ...['-f', 'rawvideo', '-pix_fmt', 'rgb24', 'pipe:1'],
    ],
    { encoding: 'buffer', maxBuffer: 1e9 },
  );
  const bytes = 3 * width * height;
  return Array.from({ length: stdout.length / bytes }, (_, n) => ({
    ...SIDE,
    channels: 3,
    data: stdout.subarray(n * bytes, (n + 1) * bytes),
  }));
}

/** Mean difference of luma between a frame and the next one, in code values. */
export async function change(frames: readonly Rgb[], enlarge: Enlarge): Promise<number> {
  const changes: number[] = [];
  let before: Rgb | undefined;
  for (const frame of frames) {
    const picture = await enlarge(frame);
    if (before) changes.push(distance(before, picture));
    before = picture;
  }
  return mean(changes);
}

function distance({ data }: Rgb, other: Rgb): number {
  let sum = 0;
  for (const [i, value] of data.entries()) sum += Math.abs(value - (other.data[i] as number));
  return sum / data.length;
}
