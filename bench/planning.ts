import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { planSchema, planSegments } from '../src/job/plan.js';
import { decodeTimeline, encodeTimeline, timelineSchema } from '../src/job/timeline.js';
import { publishJson, readJson } from '../src/lib/durable.js';
import { atMost, numberFlag, printMachine } from './support/report.js';

/**
 * Planning a ten-hour film once its packets are read: the timeline is packed, published, read again and unpacked, and
 * the plan is made, published and read again, as the activities do.
 *
 *   npm run bench -- planning [--frames 900000]
 */
const frames = numberFlag('frames', 900_000);
const TIMEBASE = { num: 1, den: 90_000 };

const constant = (): Float64Array => Float64Array.from({ length: frames }, (_, i) => i * 3600);

/** Hardly two equal steps in a row: the worst that a timeline can hold. */
function variable(): Float64Array {
  const pts = new Float64Array(frames);
  for (let i = 1, seed = 1; i < frames; i++) {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    pts[i] = (pts[i - 1] as number) + 1500 + (seed % 6000);
  }
  return pts;
}

async function plan(
  folder: string,
  name: string,
  pts: Float64Array,
): Promise<{ source: string; seconds: string; segments: number; total: number }> {
  const begin = performance.now();
  const timelineFile = path.join(folder, `${name}-timeline.json`);
  await publishJson(timelineFile, encodeTimeline(pts, TIMEBASE, 3600));
  const timeline = await readJson(timelineFile, timelineSchema);
  if (!timeline) throw new Error('the timeline is not there');
  const planFile = path.join(folder, `${name}-plan.json`);
  await publishJson(
    planFile,
    planSegments({
      pts: decodeTimeline(timeline),
      from: 'source',
      outputPixels: 2880 * 2304,
      devices: 1,
      estimatedFps: 0.25,
    }),
  );
  const known = await readJson(planFile, planSchema);
  const total = (performance.now() - begin) / 1000;
  if (known?.frames !== frames) throw new Error(`the plan has ${known?.frames ?? 'no'} frames`);
  return { source: name, seconds: total.toFixed(2), segments: known.segments.length, total };
}

const folder = await mkdtemp(path.join(os.tmpdir(), 'reelscale-bench-'));
try {
  printMachine();
  const results = [await plan(folder, 'constant rate', constant()), await plan(folder, 'variable rate', variable())];
  console.log(`planning ${frames} frames, packets already read`);
  console.table(results.map(({ source, seconds, segments }) => ({ source, seconds, segments })));
  console.log(`slowest: ${atMost(Math.max(...results.map(({ total }) => total)), 10, 's')}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
