import { backlogSegments } from '../src/job/backlog.js';
import { encodeLanes, encodeThreads } from '../src/job/encodeThreads.js';
import { encodeSecondsOf, followedPart } from '../src/job/following.js';
import { planSegments } from '../src/job/plan.js';
import { atLeast } from './support/report.js';
import { simulate } from './support/simulatedSegments.js';

/**
 * How well the plan keeps devices and cores busy on machines that are not here: a simulation in which an encode takes
 * a known time. Segments, threads, lanes and the backlog are what the product says.
 *
 *   npm run bench -- schedule
 */
const size = { width: 2880, height: 2304 };
/** Processor seconds of a frame: x264 `fast` at this size, film and cartoon. */
const WORK = [0.33, 0.13];
/** Seconds that a segment costs its device beside its frames. */
const GAP = 0.2;
const OWED = 0.9;

function row(cores: number, devices: number, fps: number, seconds: number, work: number) {
  const frames = seconds * 25;
  const outputPixels = size.width * size.height;
  const pts = Float64Array.from({ length: frames }, (_, i) => i);
  const threads = encodeThreads({ cores, size, frames, devices });
  const follow = followedPart(fps, encodeSecondsOf(outputPixels, threads));
  const request = { pts, from: 'source', outputPixels, devices, estimatedFps: fps } as const;
  const plan = planSegments({ ...request, follows: follow !== undefined });
  const segments = plan.segments.map((segment) => segment.frames);
  const lanes = encodeLanes(cores, threads, cores);
  const backlog = backlogSegments({ segments, outputPixels, bitDepth: 8, free: 100e9, most: 25e9, devices });
  const result = simulate({ segments, devices, fps, gap: GAP, cores, work, threads, lanes, backlog, follow });
  const bound = Math.min(devices * fps, cores / work);
  return { result, segments, threads, lanes, follow, bound, ratio: frames / result.seconds / bound };
}

const share = (value: number): string => `${Math.round(100 * value)} %`;

for (const work of WORK) {
  console.log(`${work} processor seconds for a frame's encode, ${GAP} s between two segments of a device`);
  const rows = [2, 16].flatMap((cores) =>
    [1, 8].flatMap((devices) =>
      [5, 20, 60, 200].flatMap((fps) =>
        [10, 60, 1500].map((seconds) => ({
          cores,
          devices,
          fps,
          seconds,
          ...row(cores, devices, fps, seconds, work),
        })),
      ),
    ),
  );
  console.table(
    rows.map(({ cores, devices, fps, seconds, result, segments, threads, lanes, follow, bound, ratio }) => ({
      cores,
      devices,
      'device, fps': fps,
      'clip, s': seconds,
      bound: bound.toFixed(1),
      ratio: ratio.toFixed(3),
      'devices idle': share(1 - result.busyDevices),
      'cores idle': share(1 - result.busyCores),
      segments: `${segments.length}: ${segments[0]} to ${Math.max(...segments)} to ${segments.at(-1)}`,
      encodes: `${lanes} of ${threads} threads${follow === undefined ? '' : `, parts of ${follow}`}`,
    })),
  );
  console.log(`least: ${atLeast(Math.min(...rows.map(({ ratio }) => ratio)), OWED)}`);
}
