import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { z } from 'zod';
import { fileDigest } from '../src/job/parts.js';
import { projectRoot } from '../src/lib/project.js';
import { wrapForFrames } from '../src/models/graph.js';
import { registered } from '../src/models/registry.js';
import { modelFile } from '../src/models/store.js';
import { bestPrecision, DEVICES, type DeviceKind, parseDevice } from '../src/runtime/devices.js';
import { findWay } from '../src/runtime/deviceWays.js';
import { openRuntime } from '../src/runtime/runtime.js';
import { runtimeEnvironment } from '../src/runtime/runtimeEnvironment.js';
import { NativeSession } from '../src/runtime/session.js';
import { createUpscaler } from '../src/upscaler/client.js';
import { discoverDevices } from '../src/upscaler/devices.js';
import { loadConfig } from '../temporal.config.js';
import { decodeNetworkClip, makeNetworkClip, type NetworkClip, networkRequest } from './support/networkClip.js';

/**
 * Networks on one device, in frames a second: PyTorch where a Python has it, ours bare, and through the upscaler.
 * Needs no network and, on a GPU, less than five minutes. The models were pulled before.
 *
 *   node dist/bench/gpu.js [--device cuda:0] [--size 720x576] [--seconds 5] [--python python3]
 *
 * Without flags: the first device there is, at 720x576 on a GPU and 96x72 on the CPU.
 */
const SCALE = 4;
const NETWORKS = ['realesr-animevideov3', 'realesrgan-x4plus'];

const [first] = await discoverDevices();
const { values } = parseArgs({
  options: {
    device: { type: 'string', default: first?.device ?? 'cpu' },
    size: { type: 'string' },
    seconds: { type: 'string', default: '5' },
    python: { type: 'string', default: 'python3' },
  },
});
const { kind, id } = parseDevice(values.device);
const { hardware, provider }: DeviceKind = DEVICES[kind];
const precision = hardware === 'gpu' ? bestPrecision(DEVICES[kind]) : 'fp32';
const [width = 0, height = 0] = (values.size ?? (hardware === 'gpu' ? '720x576' : '96x72')).split('x').map(Number);
const seconds = Number(values.seconds);

if (process.env['LD_LIBRARY_PATH'] !== runtimeEnvironment()['LD_LIBRARY_PATH']) {
  // The loader reads where CUDA's libraries are when a process begins.
  const { exitCode } = await execa(process.execPath, process.argv.slice(1), {
    env: runtimeEnvironment(),
    stdio: 'inherit',
    reject: false,
  });
  process.exit(exitCode ?? 1);
}

interface Row {
  network: string;
  way: string;
  fps: string;
}
const rows: Row[] = [];
const tell = (network: string, way: string, fps: number | string): void => {
  rows.push({ network, way, fps: typeof fps === 'number' ? fps.toPrecision(4) : fps });
  console.error(`${network}, ${way}: ${typeof fps === 'number' ? fps.toPrecision(4) : fps}`);
};

const peerSchema = z.object({ way: z.string(), fps: z.number().optional(), problem: z.string().optional() });

/** PyTorch's best, for the ratio. */
async function peers(network: string): Promise<void> {
  const script = path.join(projectRoot, 'bench/support/torchPeer.py');
  const device = kind === 'cuda' ? `cuda:${id}` : 'cpu';
  const { stdout, failed, stderr } = await execa(
    values.python,
    [script, network, device, String(width), String(height), String(seconds)],
    { reject: false, stdin: 'ignore', timeout: 120_000 },
  );
  for (const line of stdout.split('\n').filter(Boolean)) {
    const { way, fps, problem } = peerSchema.parse(JSON.parse(line));
    tell(network, way, fps ?? `fails (${problem})`);
  }
  if (failed && stdout === '')
    tell(network, 'PyTorch', `not here (${stderr.trim().split('\n').at(-1) ?? 'no reason'})`);
}

/** Frames in memory through the network and back, results thrown away. @param inFlight at the same time. */
async function bare(network: string, file: string, pictures: Uint8Array, inFlight: number): Promise<number> {
  const runtime = await openRuntime();
  const graph = wrapForFrames(await readFile(file), {
    pixels: 'rgb',
    bitDepth: 8,
    precision: precision === 'fp16' ? 'fp16' : 'fp32',
    blend: 0,
    scale: SCALE,
  });
  const way = await findWay(runtime, { kind, id }, precision, graph);
  const frame = [1, 3, height, width];
  const session = await NativeSession.create(runtime, graph, way?.options(way.fixed ? { frame } : undefined));
  if (kind === 'cuda' && inFlight === 1) tell(network, 'pinned memory', session.staged ? 'yes' : 'no');
  const size = 3 * width * height;
  const count = pictures.length / size;
  let next = 0;
  const lane = async (until: () => boolean): Promise<number> => {
    const [upscaled, nan] = [new Uint8Array(size * SCALE ** 2), new Uint8Array(1)];
    let done = 0;
    for (; !until(); done++) {
      const at = next++ % count;
      const data = pictures.subarray(at * size, (at + 1) * size);
      await session.run(
        { frame: { type: 'uint8', dims: frame, data } },
        {
          upscaled: { type: 'uint8', dims: [1, 3, height * SCALE, width * SCALE], data: upscaled },
          nan: { type: 'uint8', dims: [], data: nan },
        },
      );
    }
    return done;
  };
  const lanes = (until: () => boolean) => Promise.all(Array.from({ length: inFlight }, () => lane(until)));
  let warm = 3;
  await lanes(() => warm-- <= 0);
  const start = performance.now();
  const done = await lanes(() => performance.now() - start > seconds * 1000);
  const fps = (done.reduce((sum, each) => sum + each, 0) * 1000) / (performance.now() - start);
  await session.release();
  return fps;
}

async function throughUpscaler(file: string, clip: NetworkClip, folder: string): Promise<number> {
  const upscaler = createUpscaler({ device: kind === 'openvino:cpu' ? 'cpu' : values.device });
  const model = { file, digest: await fileDigest(file), scale: SCALE, precision, ...(provider && { provider }) };
  const run = async (frames: number): Promise<void> => {
    const request = networkRequest({ ...clip, frames }, folder, model);
    const limited = { ...request, decodeArgs: ['-t', String(frames / 25), ...request.decodeArgs] };
    await upscaler.run(limited, {
      onPart: () => Promise.resolve(),
      onProgress: () => undefined,
      onNotice: (notice) => {
        console.error(notice);
      },
    });
  };
  try {
    await run(2);
    const start = performance.now();
    await run(clip.frames);
    return (clip.frames * 1000) / (performance.now() - start);
  } finally {
    await upscaler.close();
  }
}

const folder = await mkdtemp(path.join(os.tmpdir(), 'reelscale-bench-'));
try {
  for (const network of NETWORKS) {
    const file = modelFile(loadConfig().roots.models, registered(network), SCALE);
    if (!existsSync(file)) {
      tell(network, 'ours', `not here: reelscale models pull ${network}`);
      continue;
    }
    await peers(network);
    const sample = { file: path.join(folder, 'sample.mp4'), width, height, frames: 8 };
    await makeNetworkClip(sample);
    const pictures = await decodeNetworkClip(sample);
    await rm(sample.file);
    const alone = await bare(network, file, pictures, 1);
    tell(network, `ours, bare, ${precision}`, alone);
    const both = await bare(network, file, pictures, 2);
    tell(network, `ours, bare, ${precision}, two in flight`, both);
    const clip = { ...sample, frames: Math.max(4, Math.min(500, Math.ceil(both * seconds * 2))) };
    await makeNetworkClip(clip);
    const whole = await throughUpscaler(file, clip, folder);
    await rm(clip.file);
    tell(network, `ours, through the upscaler, ${precision}`, whole);
    tell(network, 'upscaler / bare (owed: 0.90)', whole / (kind === 'cuda' ? Math.max(alone, both) : alone));
  }
  console.log(`${values.device}, ${width}x${height}, ${os.availableParallelism()} cores`);
  console.table(rows);
} finally {
  await rm(folder, { recursive: true, force: true });
}
