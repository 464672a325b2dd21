import { existsSync, mkdirSync, renameSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { argv } from '../../src/lib/argv.js';
import { projectRoot } from '../../src/lib/project.js';

/** What benchmarks make once and use again. */
export const cacheFolder = path.join(os.tmpdir(), 'reelscale-bench-cache');

/** The project's test media, where they lie beside it. */
const sharedMedia = process.env['REELSCALE_TEST_MEDIA'] ?? path.resolve(projectRoot, '../shared/data');
/** Real clips. */
export const sharedClips = path.join(sharedMedia, 'clips');
/** Pictures that super-resolution is measured with: Set5 and Set14. */
export const sharedSets = path.join(sharedMedia, 'sets');
export const sharedClip = (name: string): string => path.join(sharedClips, name);

const CARTOON = sharedClip('cartoon/sintel-trailer-480x204-aac-52s.mp4');

/**
 * H.264 at 25 frames a second with stereo sound: a trailer in a loop, or a test picture with noise where there is
 * none.
 * @returns its path, and what it shows.
 */
export async function makeClip(
  width: number,
  height: number,
  frames: number,
): Promise<{ file: string; shows: string }> {
  const real = existsSync(CARTOON);
  const shows = real ? 'a film trailer in a loop' : 'a test picture with noise';
  const file = path.join(cacheFolder, `${real ? 'film' : 'test'}-${width}x${height}-${frames}.mp4`);
  if (existsSync(file)) return { file, shows };
  mkdirSync(cacheFolder, { recursive: true });
  const seconds = String(frames / 25);
  const input = real
    ? ['-stream_loop', '-1', '-i', CARTOON]
    : argv`-f lavfi -i testsrc2=size=${width}x${height}:rate=25 -f lavfi -i sine=frequency=440:sample_rate=48000`;
  const filter = real ? `scale=${width}:${height},setsar=1,setpts=N/25/TB` : 'noise=alls=3:allf=t';
  const partial = `${file}.partial`;
  await execa('ffmpeg', [
    ...argv`-loglevel error -y ${input} -map 0:v`,
    '-map',
    real ? '0:a' : '1:a',
    ...argv`
      -vf ${filter} -r 25 -frames:v ${frames} -t ${seconds} -c:v libx264 -preset medium -crf 20 -pix_fmt yuv420p
      -c:a aac -ac 2 -f mp4 ${partial}
    `,
  ]);
  renameSync(partial, file);
  return { file, shows };
}

/**
 * A moving test picture with noise, in which no frame equals the one before: such frames do not go through the
 * network.
 */
export async function makeNoise(width: number, height: number, frames: number): Promise<string> {
  const file = path.join(cacheFolder, `noise-${width}x${height}-${frames}.mp4`);
  if (existsSync(file)) return file;
  mkdirSync(cacheFolder, { recursive: true });
  const partial = `${file}.partial`;
  await execa(
    'ffmpeg',
    argv`
    -loglevel error -y -f lavfi -i testsrc2=size=${width}x${height}:rate=25 -vf noise=alls=3:allf=t
    -frames:v ${frames} -c:v libx264 -preset veryfast -crf 20 -pix_fmt yuv420p -f mp4 ${partial}
  `,
  );
  renameSync(partial, file);
  return file;
}
