import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { argv } from '../../../src/lib/argv.js';
import { sharedClips } from '../clips.js';
import type { BenchHome } from '../home.js';

interface Network {
  name: string;
  args: string[];
  /** Of the small pictures that it gets. */
  width: number;
  frames: number;
}

/** A network whose weights the project does not ship; it lies beside the clips. */
const ESPCN = path.resolve(sharedClips, '../models/super_resolution.onnx');

export const NETWORKS: readonly Network[] = [
  { name: 'animevideov3 x2', args: ['-m', 'realesr-animevideov3', '-s', '2'], width: 128, frames: 24 },
  { name: 'x4plus', args: ['-m', 'realesrgan-x4plus'], width: 64, frames: 6 },
  ...(existsSync(ESPCN) ? [{ name: 'ESPCN x3', args: ['-m', ESPCN], width: 128, frames: 12 }] : []),
];

/** Fetches the weights of the networks that have a name. */
export async function pullNetworks(home: BenchHome): Promise<void> {
  for (const name of ['realesr-animevideov3', 'realesrgan-x4plus']) {
    const { exitCode, stderr } = await home.start(['models', 'pull', name]);
    if (exitCode !== 0) throw new Error(stderr);
  }
}

/** Runs a job, check and all. @returns undefined where it was delivered, else what it said. */
export async function refusal(
  home: BenchHome,
  source: string,
  { args, width, frames }: Network,
): Promise<string | undefined> {
  const [small, result] = [home.file('small.mp4'), home.file('small.out.mp4')];
  await execa(
    'ffmpeg',
    argv`
    -loglevel error -nostdin -y -i ${source} -vf scale='min(iw,${width})':-2:flags=area -frames:v ${frames}
    -fps_mode passthrough -c:v libx264 -crf 14 ${small}
  `,
  );
  const { exitCode, stderr } = await home.start(['upscale', small, '-o', result, ...args]);
  rmSync(small);
  rmSync(result, { force: true });
  return exitCode === 0 || exitCode === 3
    ? undefined
    : (stderr.trim().split('\n').at(-1) ?? `code ${exitCode ?? 'none'}`);
}
