import { ContentFailure } from '../../lib/errors.js';
import { startFfmpeg } from '../ffmpeg/runFfmpeg.js';
import { pieces } from '../ffmpeg/splitStream.js';
import type { Size } from '../picture/cropWindow.js';
import type { Plane } from './plane.js';
import { picturesArgs, type Side } from './sides.js';
import type { FrameTable } from './table.js';

export interface Pictures {
  output: Side;
  source: Side;
  /** At which both are compared: the smaller one of their sizes. */
  size: Size;
  table: FrameTable;
  signal?: AbortSignal | undefined;
}

/**
 * Looks at some frames at full size, ascending, beside the source's and those of the source's neighbours that are
 * asked for.
 * @returns what was made of each; those that could not be decoded are missing.
 */
export async function look<Seen>(
  frames: readonly number[],
  neighboursOf: (frame: number) => number[],
  { output, source, size, signal }: Pictures,
  see: (frame: number, output: Plane[], own: Plane[], neighbours: Plane[][]) => Seen,
): Promise<Map<number, Seen>> {
  const neededFor = (frame: number): number[] => [frame, ...neighboursOf(frame)];
  const sources = [...new Set(frames.flatMap(neededFor))].sort((a, b) => a - b);
  const own = read(source, sources, size, signal);
  const seen = new Map<number, Seen>();
  const held = new Map<number, Plane[]>();
  try {
    for await (const [frame, picture] of read(output, frames, size, signal)) {
      const needed = neededFor(frame);
      while (needed.some((each) => !held.has(each))) {
        const next = await own.next();
        if (next.done) return seen;
        held.set(...next.value);
      }
      const [its, ...neighbours] = needed.map((each) => held.get(each) as Plane[]) as [Plane[], ...Plane[][]];
      seen.set(frame, see(frame, picture, its, neighbours));
      const later = new Set(frames.filter((each) => each > frame).flatMap(neededFor));
      for (const each of held.keys()) if (!later.has(each)) held.delete(each);
    }
    return seen;
  } finally {
    await own.return();
  }
}

/** Decodes some frames of a side, ascending: their numbers and planes Y, U and V. */
async function* read(
  side: Side,
  frames: readonly number[],
  size: Size,
  signal: AbortSignal | undefined,
): AsyncGenerator<[frame: number, planes: Plane[]], void, void> {
  const stop = new AbortController();
  const run = startFfmpeg(picturesArgs(side, frames, size), {
    signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
    stdout: 'pipe',
  });
  const done = run.done.catch((error: unknown) => {
    // What cannot be decoded was told already.
    if (!stop.signal.aborted && !(error instanceof ContentFailure)) throw error;
  });
  const { width, height } = size;
  try {
    let index = 0;
    if (!run.stdout) throw new Error('ffmpeg was started without a pipe to read pictures from');
    for await (const data of pieces(run.stdout, 3 * width * height)) {
      const planes = [0, 1, 2].map((plane) => ({
        data: new Uint8Array(data.subarray(plane * width * height, (plane + 1) * width * height)),
        width,
        height,
      }));
      yield [frames[index++] as number, planes];
    }
  } finally {
    stop.abort();
    run.stdout?.destroy();
    await done;
  }
}
