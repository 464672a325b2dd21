import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { namesIn } from '../../lib/durable.js';
import { ContentFailure } from '../../lib/errors.js';
import { runFfmpeg } from '../ffmpeg/runFfmpeg.js';
import type { ShownFrame } from './page.js';
import { onlyStillsArgs, type Side } from './sides.js';
import { readStills, type StillsRequest } from './stills.js';

/** Folders of stills begin so. */
const STILLS = 'reelscale-stills-';

/** Removes what killed checks have left in a folder. */
export async function removeStills(scratch: string): Promise<void> {
  for (const name of await namesIn(scratch)) {
    if (name.startsWith(STILLS)) await rm(path.join(scratch, name), { recursive: true, force: true });
  }
}

/**
 * Runs work with a place for stills of both sides, which is removed afterwards. @param scratch where; by default with
 * the system's temporary files.
 */
export async function withStills<T>(
  frames: readonly number[],
  scratch: string | undefined,
  work: (stills: { output: StillsRequest; source: StillsRequest }) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(path.join(scratch ?? os.tmpdir(), STILLS));
  try {
    const stills = {
      output: { frames, folder: path.join(folder, 'output') },
      source: { frames, folder: path.join(folder, 'source') },
    };
    await Promise.all([mkdir(stills.output.folder), mkdir(stills.source.folder)]);
    return await work(stills);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Still = Omit<ShownFrame, 'seconds'>;

/** Pairs what {@link withStills} was given a place for. */
export async function pairStills(stills: { output: StillsRequest; source: StillsRequest }): Promise<Still[]> {
  const [outputs, sources] = await Promise.all([readStills(stills.output), readStills(stills.source)]);
  return stills.output.frames.flatMap((frame) => {
    const [output, source] = [outputs.get(frame), sources.get(frame)];
    return output || source ? [{ frame, output, source }] : [];
  });
}

/** @param seconds when each frame is shown. */
export const withSeconds = (stills: readonly Still[], seconds: (frame: number) => number): ShownFrame[] =>
  stills.map((still) => ({ ...still, seconds: seconds(still.frame) }));

/** Decodes both sides again up to the last of some frames. Pictures that cannot be had are left out. */
export function takeStills(
  output: Side,
  source: Side,
  frames: readonly number[],
  seconds: (frame: number) => number,
  options: { scratch?: string | undefined; signal?: AbortSignal | undefined },
): Promise<ShownFrame[]> {
  const { scratch, signal } = options;
  return withStills(frames, scratch, async (stills) => {
    for (const [side, request] of [
      [output, stills.output],
      [source, stills.source],
    ] as const) {
      try {
        await runFfmpeg(onlyStillsArgs(side, request), { signal });
      } catch (error) {
        if (!(error instanceof ContentFailure)) throw error;
      }
    }
    return withSeconds(await pairStills(stills), seconds);
  });
}
