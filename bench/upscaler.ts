import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { fileDigest } from '../src/job/parts.js';
import { wrapForFrames } from '../src/models/graph.js';
import { registered } from '../src/models/registry.js';
import { modelFile } from '../src/models/store.js';
import { createUpscaler, type Upscaler } from '../src/upscaler/client.js';
import type { UpscaleRequest } from '../src/upscaler/protocol.js';
import { loadConfig } from '../temporal.config.js';
import { decodeNetworkClip, makeNetworkClip, networkRequest } from './support/networkClip.js';
import { median } from './support/report.js';

/**
 * What decoding, checkpoints and the lossless encode cost beside inference:
 * - bare: a loop over an onnxruntime session, frames in memory, results thrown away;
 * - upscaler: the same frames from a clip, through the upscaler process, into durable parts.
 *
 *   node dist/bench/upscaler.js [MODEL.onnx] [frames] [rounds]
 *
 * The two take turns, since a machine is seldom idle; the ratio is that of the medians.
 */
const MODEL = 'realesr-animevideov3';
const NETWORK = { pixels: 'rgb', bitDepth: 8, precision: 'fp32', blend: 0 } as const;
const [SCALE, WIDTH, HEIGHT] = [4, 360, 288];
const [
  model = modelFile(loadConfig().roots.models, registered(MODEL), SCALE),
  frameArgument = '24',
  roundArgument = '3',
] = process.argv.slice(2);
const frames = Number(frameArgument);
const rounds = Number(roundArgument);

/** @returns frames a second. */
async function timed(count: number, work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (count * 1000) / (performance.now() - start);
}

async function bareLoop(session: InferenceSession, pictures: Uint8Array, count: number): Promise<void> {
  const size = 3 * WIDTH * HEIGHT;
  const output = new Tensor('uint8', new Uint8Array(size * SCALE * SCALE), [1, 3, HEIGHT * SCALE, WIDTH * SCALE]);
  for (let n = 0; n < count; n++) {
    const frame = new Tensor('uint8', pictures.slice(n * size, (n + 1) * size), [1, 3, HEIGHT, WIDTH]);
    await session.run({ frame }, { upscaled: output, nan: null });
  }
}

async function throughUpscaler(upscaler: Upscaler, request: UpscaleRequest): Promise<void> {
  const ignore = (): void => undefined;
  const done = await upscaler.run(request, { onPart: () => Promise.resolve(), onProgress: ignore, onNotice: ignore });
  if (done.frames !== request.frames) throw new Error(`${done.frames} of ${request.frames} frames came out`);
}

async function compare(folder: string): Promise<void> {
  const clip = { file: path.join(folder, 'clip.mp4'), width: WIDTH, height: HEIGHT, frames };
  await makeNetworkClip(clip);
  const request = networkRequest(clip, folder, {
    file: path.resolve(model),
    digest: await fileDigest(model),
    scale: SCALE,
    precision: NETWORK.precision,
  });
  const pictures = await decodeNetworkClip(clip);
  const session = await InferenceSession.create(wrapForFrames(await readFile(model), { ...NETWORK, scale: SCALE }), {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
  });
  const upscaler = createUpscaler({ device: 'cpu' });
  try {
    // Models are loaded and warm before the clock starts.
    await bareLoop(session, pictures, 2);
    await throughUpscaler(upscaler, request);
    const fps: { bare: number; upscaler: number }[] = [];
    for (let round = 0; round < rounds; round++) {
      fps.push({
        bare: await timed(frames, () => bareLoop(session, pictures, frames)),
        upscaler: await timed(frames, () => throughUpscaler(upscaler, request)),
      });
    }
    report(fps);
  } finally {
    await upscaler.close();
    await session.release();
  }
}

function report(fps: { bare: number; upscaler: number }[]): void {
  console.log(
    `${path.basename(model)} x${SCALE} fp32 on the CPU, ${WIDTH}x${HEIGHT}, ${frames} frames, ` +
      `${os.availableParallelism()} cores`,
  );
  console.table(
    fps.map((round) => ({
      'bare loop, fps': round.bare.toFixed(3),
      'upscaler, fps': round.upscaler.toFixed(3),
      ratio: (round.upscaler / round.bare).toFixed(3),
    })),
  );
  const ratio = median(fps.map((round) => round.upscaler)) / median(fps.map((round) => round.bare));
  console.log(`upscaler / bare loop: ${ratio.toFixed(3)} (owed: at least 0.90)`);
}

if (!existsSync(model)) await execa(path.resolve('bin/reelscale'), ['models', 'pull', MODEL], { stdio: 'inherit' });
const folder = await mkdtemp(path.join(os.tmpdir(), 'reelscale-bench-'));
try {
  await compare(folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}
