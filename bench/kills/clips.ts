import { existsSync } from 'node:fs';
import path from 'node:path';
import { makeClip, sharedClip } from '../support/clips.js';
import { writeSlowNet } from '../support/slowNet.js';
import { type Contents, contentsOf } from './digest.js';
import type { Ground } from './ground.js';

const REAL = [
  'live/carphone-qcif-pristine.mp4',
  'live/realshort-320x240-aac-1s.mp4',
  'timing/decord-rot90.mov',
  'odd/odd-size-161x121-vp9.webm',
  'odd/alpha-vp9-vorbis.webm',
  'hdr/h264-10bit-200x200.mp4',
];

export const METHODS = ['net', 'bicubic'] as const;
export type Method = (typeof METHODS)[number];

/** Most frames in one part and in one segment: what may be done twice is counted in parts. */
export const PART_FRAMES = 20;
export const SEGMENT_FRAMES = 50;

export interface Clip {
  /** Path of the file as it came. */
  file: string;
  /** What the undisturbed job made of it. */
  undisturbed: Record<Method, Contents>;
}

const networkOf = (ground: Ground): string => ground.at('beside/net.onnx');

/** The flags of every job: two jobs of one clip and method differ in nothing but what happens to them. */
export function flagsOf(ground: Ground, method: Method): string[] {
  return [
    '-m',
    method === 'net' ? networkOf(ground) : method,
    '-s',
    '2',
    '--device',
    'cpu',
    '--segment-frames',
    String(SEGMENT_FRAMES),
    '--checkpoint-frames',
    String(PART_FRAMES),
    '--json',
  ];
}

/** Real clips, else generated ones. */
async function sources(): Promise<string[]> {
  const real = REAL.map(sharedClip).filter(existsSync);
  if (real.length > 0) return real;
  return Promise.all(
    [
      [160, 120, 120],
      [176, 144, 60],
      [320, 240, 36],
    ].map(async ([width = 0, height = 0, frames = 0]) => (await makeClip(width, height, frames)).file),
  );
}

/** Takes every clip through every method while nobody disturbs it. */
export async function undisturbedClips(ground: Ground): Promise<Clip[]> {
  await writeSlowNet(networkOf(ground), 6);
  ground.keep('beside/net.onnx');
  const files = await sources();
  const names = files.map((file, n) => `${n}-${path.basename(file)}`);
  for (const [n, file] of files.entries())
    await ground.source(file, `in/undisturbed/${names[n] ?? ''}`, 'undisturbed');
  for (const method of METHODS) {
    const { exitCode, stderr } = await ground.start([
      'batch',
      ground.at('in/undisturbed'),
      '--out-dir',
      ground.at(`out/undisturbed-${method}`),
      ...flagsOf(ground, method),
    ]);
    if (exitCode !== 0) throw new Error(`the undisturbed jobs ended with code ${exitCode ?? 'none'}: ${stderr}`);
  }
  return Promise.all(
    files.map(async (file, n) => {
      const made = (method: Method) => contentsOf(resultOf(ground.at(`out/undisturbed-${method}`), names[n] ?? ''));
      return { file, undisturbed: { net: await made('net'), bicubic: await made('bicubic') } };
    }),
  );
}

/** How the program names the result of a source. */
export const resultOf = (folder: string, source: string): string =>
  path.join(folder, `${path.parse(source).name}.x2.mp4`);
