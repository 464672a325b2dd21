import { ContentFailure } from '../../lib/errors.js';
import { startFfmpeg } from '../ffmpeg/run.js';
import { pieces } from '../ffmpeg/splitStream.js';
import type { Size } from '../picture/cropWindow.js';
import { MISTAKES, mistakeConfirmed } from './colors.js';
import type { Finding, Judgement, Suspicion } from './judge.js';
import { shareWhereMoving } from './moving.js';
import { type Plane, shrink } from './plane.js';
import { displacement } from './registration.js';
import { Runs } from './runs.js';
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

/** Frames of one suspicion that are looked at, spread over all of its runs. */
const LOOKED_AT = 24;
/** A picture lies so far off, in pixels, and moving it back leaves at most this share of the squared difference. */
const SHIFTED = 0.5;
const LEFT = 0.5;
/** Least share of a neighbour where it really moved. */
const NEIGHBOUR = 0.7;
/** Frames on that side which are looked at. */
const NEIGHBOURS = 8;
/** Colours that may also be a network's contrast are wrong only in so many frames in a row. */
const FRAMES_OF_WRONG_COLOURS = 2;
/** Side of the squares over which colours are averaged. */
const COLOUR_CELL = 4;

/** What is told of a suspicion that full size does not confirm. */
const UNCONFIRMED: Record<Suspicion['kind'], string> = {
  shift: 'thumbnails of the picture and of the source do not lie on each other, at full size they do',
  neighbour: "thumbnails look like the source's frame before or after, at full size the pictures do not",
  colours: 'thumbnails look as if the colours were mistaken, at full size they do not',
};

/**
 * Looks at the source's size at what thumbnails only suggest. What is not confirmed there becomes a warning: pictures
 * without structure seem to be shifted, contrast seems to be another range, what was smoothed over time seems to be
 * the frame before.
 */
export async function confirmed(judgement: Judgement, pictures: Pictures): Promise<Judgement> {
  const problems: Finding[] = [];
  const warnings = [...judgement.warnings];
  for (const finding of judgement.problems) {
    const { suspicion } = finding;
    if (!suspicion) {
      problems.push(finding);
      continue;
    }
    const { confirmed: real, rest } = await divide(suspicion, pictures);
    if (real.length > 0)
      problems.push({ what: finding.what, frames: runsOf(real), suspicion: { ...suspicion, frames: real } });
    if (rest.length > 0) warnings.push({ what: UNCONFIRMED[suspicion.kind], frames: runsOf(rest) });
  }
  return { ...judgement, problems, warnings };
}

function runsOf(frames: readonly number[]): Runs {
  const runs = new Runs();
  for (const frame of frames) runs.add(frame);
  return runs;
}

/**
 * Divides the runs of a suspicion by what some frames of each show. Where there are more runs than can be looked at,
 * the next one that was looked at speaks for them.
 */
async function divide(suspicion: Suspicion, pictures: Pictures): Promise<{ confirmed: number[]; rest: number[] }> {
  const runs = consecutive(suspicion.frames);
  const each = Math.max(1, Math.floor(LOOKED_AT / runs.length));
  const every = Math.max(1, runs.length / LOOKED_AT);
  const chosen = runs.map((run, i) =>
    Math.floor(i / every) === Math.floor((i - 1) / every) ? [] : spread(run, each),
  );
  const votes = await look(chosen.flat(), suspicion, pictures);
  const result: { confirmed: number[]; rest: number[] } = { confirmed: [], rest: [] };
  let last = false;
  for (const [i, run] of runs.entries()) {
    const looked = (chosen[i] ?? []).filter((frame) => votes.has(frame));
    if (looked.length > 0)
      last =
        2 * looked.filter((frame) => votes.get(frame)).length >= looked.length &&
        longEnough(suspicion, run, pictures.table);
    result[last ? 'confirmed' : 'rest'].push(...run);
  }
  return result;
}

const longEnough = ({ kind, mistake }: Suspicion, run: readonly number[], table: FrameTable): boolean =>
  kind !== 'colours' ||
  MISTAKES[mistake]?.kind === 'planes' ||
  run.length >= Math.min(FRAMES_OF_WRONG_COLOURS, table.frames);

function consecutive(frames: readonly number[]): number[][] {
  const runs: number[][] = [];
  for (const frame of frames) {
    const run = runs.at(-1);
    if (run?.at(-1) === frame - 1) run.push(frame);
    else runs.push([frame]);
  }
  return runs;
}

const spread = (run: readonly number[], count: number): number[] =>
  count >= run.length
    ? [...run]
    : Array.from({ length: count }, (_, i) => run[Math.floor(((i + 0.5) * run.length) / count)] as number);

/** @returns whether each frame shows what is suspected; those that could not be decoded are missing. */
async function look(
  frames: readonly number[],
  suspicion: Suspicion,
  { output, source, size, table, signal }: Pictures,
): Promise<Map<number, boolean>> {
  const neededFor = (frame: number): number[] => [
    frame,
    ...(suspicion.kind === 'neighbour' ? neighboursOf(frame, table) : []),
  ];
  const sources = [...new Set(frames.flatMap(neededFor))].sort((a, b) => a - b);
  const own = read(source, sources, size, signal);
  const votes = new Map<number, boolean>();
  const held = new Map<number, Plane[]>();
  try {
    for await (const [frame, picture] of read(output, frames, size, signal)) {
      const needed = neededFor(frame);
      while (needed.some((each) => !held.has(each))) {
        const next = await own.next();
        if (next.done) return votes;
        held.set(...next.value);
      }
      const [its, ...neighbours] = needed.map((each) => held.get(each) as Plane[]) as [Plane[], ...Plane[][]];
      votes.set(frame, shows(suspicion, picture, its, neighbours));
      const later = new Set(frames.filter((each) => each > frame).flatMap(neededFor));
      for (const each of held.keys()) if (!later.has(each)) held.delete(each);
    }
    return votes;
  } finally {
    await own.return();
  }
}

/**
 * The frames on the side where thumbnails suggest one: what they show as the same may differ at full size, and a
 * picture may have been left standing for some frames.
 */
function neighboursOf(frame: number, table: FrameTable): number[] {
  const step = Math.sign(table.get(frame, 'neighbour'));
  return Array.from({ length: NEIGHBOURS }, (_, i) => frame + (i + 1) * step).filter(
    (each) => each >= 0 && each < table.frames,
  );
}

function shows({ kind, mistake }: Suspicion, output: Plane[], own: Plane[], neighbours: Plane[][]): boolean {
  const [luma, ownLuma] = [output[0], own[0]] as [Plane, Plane];
  switch (kind) {
    case 'shift': {
      const { x, y, left, structured } = displacement(luma, ownLuma);
      return structured && Math.max(Math.abs(x), Math.abs(y)) >= SHIFTED && left <= LEFT;
    }
    case 'neighbour':
      return neighbours.some(([neighbour]) => (shareWhereMoving(luma, ownLuma, neighbour as Plane) ?? 0) > NEIGHBOUR);
    case 'colours': {
      const averaged = (planes: Plane[]): Plane[] => planes.map((plane) => shrink(plane, COLOUR_CELL));
      return mistakeConfirmed(mistake, averaged(output), averaged(own));
    }
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
