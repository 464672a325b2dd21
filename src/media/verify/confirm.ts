import { look, type Pictures } from './atFullSize.js';
import { MISTAKES } from './colors.js';
import { type Done, doneTo, mistakeConfirmed, usualOf } from './colorsAtFullSize.js';
import type { Finding, Judgement, Suspicion } from './judge.js';
import { shareWhereMoving } from './moving.js';
import { type Plane, shrink } from './plane.js';
import { displacement } from './registration.js';
import { Runs } from './runs.js';
import type { FrameTable } from './table.js';

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
/** Frames on each side of such a run that say what is usual there. */
const AROUND = 3;
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
  const usual =
    suspicion.kind === 'colours'
      ? await usualAround(
          runs.filter((_, i) => chosen[i]?.length),
          suspicion,
          pictures,
        )
      : undefined;
  const neighbours = (frame: number): number[] =>
    suspicion.kind === 'neighbour' ? neighboursOf(frame, pictures.table) : [];
  const votes = await look(chosen.flat(), neighbours, pictures, (frame, ...seen) =>
    shows(suspicion, usual?.get(frame) ?? [], ...seen),
  );
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

/**
 * What the network does to the colours before and behind each run, by frames of no suspicion: scenes change, and what
 * it does with them.
 * @returns it by the frames of the runs.
 */
async function usualAround(
  runs: readonly number[][],
  { frames }: Suspicion,
  pictures: Pictures,
): Promise<Map<number, Done[]>> {
  const suspected = new Set(frames);
  const isFree = (frame: number): boolean => frame >= 0 && frame < pictures.table.frames && !suspected.has(frame);
  const sides = (run: readonly number[]): number[][] => {
    const [first, last] = [run[0] as number, run.at(-1) as number];
    const side = (step: (i: number) => number): number[] => Array.from({ length: AROUND }, (_, i) => step(i + 1));
    return [side((i) => first - i), side((i) => last + i)].map((frames) => frames.filter(isFree));
  };
  const all = [...new Set(runs.flatMap(sides).flat())].sort((a, b) => a - b);
  if (all.length === 0) return new Map();
  const done = await look(
    all,
    () => [],
    pictures,
    (_, output, own) => doneTo(averaged(output), averaged(own)),
  );
  return new Map(
    runs.flatMap((run) => {
      const usual = sides(run).flatMap((side) => usualOf(side.flatMap((frame) => done.get(frame) ?? [])) ?? []);
      return run.map((frame): [number, Done[]] => [frame, usual]);
    }),
  );
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

const averaged = (planes: Plane[]): Plane[] => planes.map((plane) => shrink(plane, COLOUR_CELL));

function shows(
  { kind, mistake }: Suspicion,
  usual: readonly Done[],
  output: Plane[],
  own: Plane[],
  neighbours: Plane[][],
): boolean {
  const [luma, ownLuma] = [output[0], own[0]] as [Plane, Plane];
  switch (kind) {
    case 'shift': {
      const { x, y, left, structured } = displacement(luma, ownLuma);
      return structured && Math.max(Math.abs(x), Math.abs(y)) >= SHIFTED && left <= LEFT;
    }
    case 'neighbour':
      return neighbours.some(([neighbour]) => (shareWhereMoving(luma, ownLuma, neighbour as Plane) ?? 0) > NEIGHBOUR);
    case 'colours':
      return mistakeConfirmed(mistake, averaged(output), averaged(own), usual);
  }
}
