import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { expect, it } from 'vitest';
import { createControlActivities } from '../../../src/activities/index.js';
import { noteOutcome } from '../../../src/job/estimateRecords.js';
import { jobLayout } from '../../../src/job/layout.js';
import { fileDigest } from '../../../src/job/parts.js';
import { jobSpecSchema } from '../../../src/job/spec.js';
import { publishKept, replaceJson } from '../../../src/lib/durable.js';
import { makeClip, scratchFolder } from '../../support/media.js';
import { filterSpec } from '../../support/spec.js';

const FRAMES = 100;
const [width, height] = [64, 48];
const folder = scratchFolder();

/**
 * Plans a job with a network in a state folder of its own. @param speed that an earlier job reached, source pixels a
 * second.
 */
async function planOf(name: string, { speed, backlogBytes }: { speed?: number; backlogBytes: number }) {
  const clip = await makeClip(path.join(folder, `${name}.mp4`), { seconds: FRAMES / 25, size: `${width}x${height}` });
  const roots = { jobs: path.join(folder, name), models: path.join(folder, 'models'), media: folder };
  const { size, mtimeMs } = statSync(clip);
  const spec = jobSpecSchema.parse({
    ...filterSpec({
      input: { root: 'media', path: `${name}.mp4` },
      output: { root: 'media', path: `${name}.out.mp4` },
      source: { size, mtimeMs, digest: await fileDigest(clip) },
      picture: { deinterlace: 'off' },
    }),
    method: {
      kind: 'model',
      name: 'a',
      digest: '0'.repeat(64),
      file: { root: 'models', path: 'a.onnx' },
      scale: 2,
      precision: 'fp32',
      tile: 0,
      tilePad: 10,
      prePad: 0,
    },
    tags: ['cpu'],
  });
  const layout = jobLayout(roots, spec);
  for (const each of [layout.job, layout.upscaled, roots.models]) mkdirSync(each, { recursive: true });
  await publishKept(layout.spec, spec);
  await replaceJson(layout.estimate, { key: 'kind', pixels: width * height });
  const job = { at: '2026-01-01T00:00:00Z', job: 'j', frames: FRAMES, pixels: width * height, bytes: 1 };
  if (speed !== undefined)
    await noteOutcome(roots.jobs, { ...job, key: 'kind', seconds: (FRAMES * width * height) / speed });
  const control = createControlActivities({
    roots,
    shutdown: new AbortController().signal,
    checkpointSeconds: 60,
    minFreeBytes: 0,
    backlogBytes,
  });
  const ref = { jobKey: spec.jobKey, upscaleKey: spec.upscaleKey };
  const run = <R>(activity: () => Promise<R>): Promise<R> => new MockActivityEnvironment().run(activity);
  await run(() => control.probe(ref));
  return run(() => control.planSegments({ ...ref, from: 'source', devices: 1 }));
}

it('segments are as long as the speed of earlier jobs of the same kind says, not a guess by pixels', async () => {
  const guessed = await planOf('guessed', { backlogBytes: 25e9 });
  expect(guessed).toMatchObject({ frames: FRAMES, segments: [FRAMES] });
  // 15 minutes of work at one frame in half a minute.
  const measured = await planOf('measured', { speed: (width * height) / 30, backlogBytes: 25e9 });
  expect(measured).toMatchObject({ frames: FRAMES, segments: [30, 30, 30, 10], backlog: 4 });
});

it('as many upscaled segments may wait on the disk as there is room for by bytes', async () => {
  const speed = (width * height) / 30;
  const frame = 4 * width * height * 0.43;
  const { backlog } = await planOf('bounded', { speed, backlogBytes: 3 * 30 * frame });
  expect(backlog).toBe(3);
});
