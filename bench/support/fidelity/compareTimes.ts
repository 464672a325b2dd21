import { type Cell, converted, kept, lost, together } from './cells.js';
import { type Measured, ratio } from './measure.js';

interface Told {
  warnings: readonly string[];
  damaged: boolean;
}

/** The decoded frames of both; those that a container promises and its decoder does not give have to be told of. */
export function compareFrames(source: Measured, result: Measured, { damaged }: Told): Cell {
  const [is, wanted] = [result.pts.length, source.pts.length];
  const promised = source.video.nb_frames;
  const cells: Cell[] = [is === wanted ? kept(String(is)) : lost(`${wanted} → ${is}`)];
  if (promised !== undefined && promised !== wanted)
    cells.push(
      damaged
        ? converted(`${promised} promised, ${wanted} decode: told`)
        : lost(`${promised} promised, ${wanted} decode, and nobody says so`),
    );
  return together(cells);
}

/** When frames are shown after the first one, to one tick of the coarser clock; a constant rate stays exactly that. */
export function compareTimes(source: Measured, result: Measured, { warnings }: Told): Cell {
  const tick = Math.max(ratio(source.video.time_base), ratio(result.video.time_base));
  const [is, wanted] = [times(result), repaired(source)];
  let largest = 0;
  for (let i = 0; i < Math.min(is.length, wanted.times.length); i++)
    largest = Math.max(largest, Math.abs((is[i] as number) - (wanted.times[i] as number)));
  const cells: Cell[] = [];
  if (largest > tick + 1e-6) cells.push(lost(`off by up to ${(largest * 1000).toFixed(3)} ms`));
  if (wanted.moved > 0) {
    const told = warnings.some((warning) => /timestamps? of the source did not increase/.test(warning));
    cells.push(
      told
        ? converted(`${wanted.moved} did not increase: told`)
        : lost(`${wanted.moved} timestamps did not increase, and nobody says so`),
    );
  }
  cells.push(compareRate(source, result, wanted.times), compareEnd(source, result, tick));
  return together(cells);
}

/** In seconds after the first frame. */
function times({ pts, video }: Measured): number[] {
  return pts.map((value) => (value - (pts[0] as number)) * ratio(video.time_base));
}

/** The same, with equal or backward times one tick after the frame before, as the rule says. */
function repaired(source: Measured): { times: number[]; moved: number } {
  let moved = 0;
  const pts: number[] = [];
  for (const value of source.pts) {
    const last = pts.at(-1);
    if (last !== undefined && value <= last) moved++;
    pts.push(last !== undefined && value <= last ? last + 1 : value);
  }
  return { times: times({ ...source, pts }), moved };
}

/** The rate whose grid all times lie on, to one tick of their clock. */
function constantRate({ video }: Measured, shown: readonly number[]): string | undefined {
  const tick = ratio(video.time_base) + 1e-9;
  return [video.r_frame_rate, video.avg_frame_rate].find(
    (rate) => ratio(rate) > 0 && shown.every((time, i) => Math.abs(time - i / ratio(rate)) <= tick),
  );
}

function compareRate(source: Measured, result: Measured, shown: readonly number[]): Cell {
  const rate = constantRate(source, shown);
  if (rate === undefined) return kept('variable');
  const [is, exact] = [result.video, ratio(rate)];
  const steps = new Set(result.pts.slice(1).map((value, i) => value - (result.pts[i] as number)));
  // A container of milliseconds holds the rate beside its rounded times: Matroska as a frame's nanoseconds, which
  // ffprobe makes a fraction of numbers up to 30,000.
  const inMilliseconds = is.time_base === '1/1000';
  const even = steps.size <= 1 || inMilliseconds;
  if (Math.abs(ratio(is.avg_frame_rate) / exact - 1) <= (inMilliseconds ? 1e-6 : 0) && even) return kept(rate);
  return lost(`constant ${rate} → ${is.avg_frame_rate}${even ? '' : ', uneven'}`);
}

function compareEnd(source: Measured, result: Measured, tick: number): Cell {
  if (source.lastDuration === undefined || result.lastDuration === undefined) return kept();
  const [is, wanted] = [
    result.lastDuration * ratio(result.video.time_base),
    source.lastDuration * ratio(source.video.time_base),
  ];
  return Math.abs(is - wanted) <= tick + 0.001
    ? kept()
    : lost(`the last frame is shown for ${is.toFixed(4)} s instead of ${wanted.toFixed(4)} s`);
}
