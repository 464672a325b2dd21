import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { enlargingModels } from '../src/models/ownModels.js';
import { probeRuntime } from '../src/runtime/probed.js';
import { OurNetwork } from '../tools/parity/ours.js';
import { cacheFolder, sharedClips, sharedSets } from './support/clips.js';
import { shippedFiles } from './support/pulled.js';
import { plotQuality } from './support/quality/plot.js';
import { bicubic, mean, psnr, readFrames, readSet } from './support/quality/protocol.js';
import { published, publishedBicubic } from './support/quality/published.js';
import { compareSpeeds, type NamedFile, type OwedSpeed } from './support/quality/speeds.js';
import { throughNetwork } from './support/quality/throughNetwork.js';
import { printMachine } from './support/report.js';

/**
 * PSNR of the luma of Set5, Set14 and frames of the shared clips by the papers' protocol: what the networks that come
 * with Reelscale, but for those that restore, make of them in the product's own inference (fp32 on the CPU; bf16 by
 * OpenVINO where there is such), beside bicubic and the figures that papers published. Then their speed beside
 * realesr-animevideov3.
 *
 *   npm run bench -- quality [MODEL.onnx ...]
 *
 * The protocol is checked first: its bicubic must give the published figures of Set5 within 0.05 dB.
 */
const SETS = ['Set5', 'Set14', 'clips'] as const;
const MOST_OFF = 0.05;
/** Over bicubic on Set5, by the network's name. */
const gains = new Map<string, number>();

const PEER = 'realesr-animevideov3';
const OWED: readonly OwedSpeed[] = [
  { network: 'compact-x2', times: 4, other: PEER },
  { network: 'compact-x4', times: 4, other: PEER },
  { network: 'compact-x2', times: 2, other: 'compact-x4' },
];

interface Network {
  name: string;
  precision: 'fp32' | 'bf16';
  network: OurNetwork;
}

async function allFiles(folder: string): Promise<NamedFile[]> {
  const files = process.argv.slice(2).map((file) => ({ name: path.basename(file), file }));
  return [...files, ...(await shippedFiles(enlargingModels, folder))];
}

async function networks(files: NamedFile[], folder: string): Promise<Network[]> {
  const { openvino } = await probeRuntime();
  const bf16 = 'bf16' in openvino && openvino.bf16;
  const all: Network[] = [];
  for (const { name, file } of files) {
    const [onnx, copy] = [await readFile(file), path.join(folder, `${name}.copy.onnx`)];
    all.push({ name, precision: 'fp32', network: await OurNetwork.load(onnx, copy) });
    if (!bf16) continue;
    const network = await OurNetwork.load(onnx, copy, { precision: 'bf16', provider: 'openvino' });
    all.push({ name: `${name} bf16`, precision: 'bf16', network });
  }
  return all;
}

function checkProtocol(scale: number, value: number): void {
  const owed = publishedBicubic(`Set5 x${scale}`);
  const kept = Math.abs(value - owed) <= MOST_OFF;
  console.log(
    `bicubic x${scale}: ${value.toFixed(2)} dB on Set5, published ${owed}: ${kept ? 'ok' : 'THE PROTOCOL IS WRONG'}`,
  );
  if (!kept) process.exitCode = 1;
}

/** The figures of one set at one scale, and ours first. */
async function rowOf(set: string, scale: number, all: Network[]): Promise<[who: string, value: string][]> {
  const pairs =
    set === 'clips' ? await readFrames(sharedClips, scale) : await readSet(path.join(sharedSets, set), scale);
  const baseline = pairs.map((pair) => psnr(pair.large, bicubic(pair, scale), scale));
  if (set === 'Set5') checkProtocol(scale, mean(baseline));
  const row: [string, string][] = [['bicubic here', mean(baseline).toFixed(2)]];
  for (const { name, precision, network } of all.filter((each) => each.network.scale === scale)) {
    const values: number[] = [];
    for (const { large, small } of pairs) values.push(psnr(large, await throughNetwork(network, small), scale));
    const below = pairs.filter((_, i) => (values[i] as number) < (baseline[i] as number)).map((pair) => pair.name);
    row.push([name, mean(values).toFixed(2)]);
    if (set === 'Set5') gains.set(name, mean(values) - mean(baseline));
    if (below.length > 0) {
      row.push(['BELOW BICUBIC', below.join(' ')]);
      if (precision === 'fp32') process.exitCode = 1;
    }
  }
  return [...row, ...published(`${set} x${scale}`).map(([who, value]): [string, string] => [who, value.toFixed(2)])];
}

async function benchmark(folder: string): Promise<void> {
  printMachine();
  const files = await allFiles(folder);
  const all = await networks(files, folder);
  for (const scale of [2, 3, 4]) {
    for (const set of SETS) {
      const row = await rowOf(set, scale, all);
      console.log(`${set} x${scale}: ${row.map(([who, value]) => `${who} ${value}`).join(' | ')}`);
    }
  }
  await Promise.all(all.map(({ network }) => network.release()));
  const { reached, onCpu } = await compareSpeeds(files, PEER, OWED);
  if (!reached) process.exitCode = 1;
  const points = files.map(({ name }) => ({ name, fps: onCpu.get(name) ?? 0, gain: gains.get(name) ?? 0 }));
  const plot = path.join(cacheFolder, 'quality.svg');
  await mkdir(cacheFolder, { recursive: true });
  await writeFile(plot, plotQuality('dB over bicubic on Set5, fp32, ONNX Runtime on the CPU', points));
  console.log(`\nplot: ${plot}`);
}

if (existsSync(sharedSets)) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'reelscale-quality-'));
  try {
    await benchmark(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
} else console.log('skipped: it needs the shared test sets, which REELSCALE_TEST_MEDIA does not name');
