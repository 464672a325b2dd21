import { type Rational, toNumber } from '../../lib/rational.js';
import type { Check } from './report.js';
import { Runs } from './runs.js';

/** How a video's frames follow each other. */
export interface Cadence {
  kind: 'constant' | 'variable';
  /** Frames a second: exact where constant, else the average. */
  fps: number;
  problems: string[];
  warnings: string[];
  checks: Check[];
}

/** A pause longer than this, and than ten frames, is told; in seconds. */
const GAP = 1;

/**
 * Looks at the times of all frames of a video.
 * @param pts ticks as decoded; NaN where a frame has none.
 */
export function cadenceOf(pts: readonly number[], timebase: Rational, frameRate: Rational): Cadence {
  const tick = toNumber(timebase);
  const missing = new Runs();
  const backward = new Runs();
  const gaps = new Runs();
  const steps = Float64Array.from(pts.slice(1), (time, i) => time - (pts[i] as number));
  const usual = steps.filter((step) => step > 0).sort();
  const median = usual[usual.length >> 1] ?? 0;
  for (const [frame, time] of pts.entries()) {
    const step = steps[frame - 1] ?? 1;
    if (Number.isNaN(time)) missing.add(frame);
    else if (step <= 0) backward.add(frame);
    else if (step * tick > GAP && step > 10 * median) gaps.add(frame);
  }
  const nominal = 1 / (toNumber(frameRate) * tick);
  const constant = pts.every((time, i) => Math.abs(time - (pts[0] as number) - i * nominal) <= 1);
  const length = ((pts.at(-1) ?? 0) - (pts[0] ?? 0)) * tick;
  const fps = constant ? toNumber(frameRate) : length > 0 ? (pts.length - 1) / length : 0;
  const problems = [
    ...(missing.frames > 0 ? [`no timestamp: ${missing.toString()}`] : []),
    ...(backward.frames > 0 ? [`timestamps that do not increase: ${backward.toString()}`] : []),
  ];
  const warnings = gaps.frames > 0 ? [`a long pause before: ${gaps.toString()}`] : [];
  return {
    kind: constant ? 'constant' : 'variable',
    fps,
    problems,
    warnings,
    checks: [
      {
        name: 'timestamps',
        ok: problems.length === 0,
        measured: [...problems, ...warnings].join('; ') || 'increasing, without gaps',
        expected: 'increasing',
      },
      {
        name: 'frame rate',
        ok: true,
        measured:
          `${constant ? 'constant' : 'variable'}, ` +
          `${fps.toFixed(3)} frames a second${constant ? '' : ' on average'}`,
        expected: 'any',
      },
    ],
  };
}
