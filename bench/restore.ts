import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { restoringModels } from '../src/models/ownModels.js';
import { probeRuntime } from '../src/runtime/probed.js';
import { OurNetwork } from '../tools/parity/ours.js';
import { sharedClips } from './support/clips.js';
import { pulled, shippedFiles } from './support/pulled.js';
import { luma, type Rgb } from './support/quality/protocol.js';
import { compareSpeeds, type NamedFile } from './support/quality/speeds.js';
import { atMost, printMachine } from './support/report.js';
import { damagedFrames } from './support/restore/damaged.js';
import { change, FLICKER_CLIPS, tenSeconds } from './support/restore/flicker.js';
import { byBicubic, byNetwork, type Enlarge, type Nearness, nearness, taught } from './support/restore/nearness.js';

/**
 * What the restoring networks that come with Reelscale reach, in the product's own inference: how near they come to
 * realesrgan-x4plus, their teacher, on damaged frames that trained nothing; how much they flicker; how fast they are.
 *
 *   npm run bench -- restore [RESTORE-xN.onnx ...]
 */
const TEACHER = 'realesrgan-x4plus';
const PEER = 'realesr-animevideov3';
/** Of the change between frames that the source has, against what the peer makes of it. */
const MOST_FLICKER = 1.2;
/** Times as fast as the teacher. */
const OWED_TIMES = 50;

const fail = (): void => {
  process.exitCode = 1;
};

async function files(folder: string): Promise<NamedFile[]> {
  const given = process.argv.slice(2).map((file) => ({ name: path.basename(file, '.onnx'), file }));
  if (given.length > 0) return given;
  return shippedFiles(restoringModels, folder);
}

/** Nearer by both measures than what is there without the network. */
const nearer = (one: Nearness, other: Nearness): boolean => one.decibels > other.decibels && one.ssim > other.ssim;

async function benchmark(folder: string): Promise<void> {
  printMachine();
  const opened: OurNetwork[] = [];
  const open = async (file: string, way?: Parameters<typeof OurNetwork.load>[2]): Promise<OurNetwork> => {
    const network = await OurNetwork.load(await readFile(file), path.join(folder, `${opened.length}.onnx`), way);
    opened.push(network);
    return network;
  };
  const { openvino } = await probeRuntime();
  const bf16 = 'bf16' in openvino && openvino.bf16;
  const frames = await damagedFrames(folder);
  const pictures = await taught(await open(await pulled(TEACHER)), frames);
  const ours = await files(folder);
  const clips = await Promise.all(FLICKER_CLIPS.map(async (clip) => ({ clip, frames: await tenSeconds(clip) })));
  for (const { name, file } of ours) {
    const network = await open(file);
    const { scale } = network;
    const peer = byNetwork(await open(await pulled(PEER, scale)));
    const here = byNetwork(network);
    await compareNearness(
      { name, here, peer, scale },
      frames,
      pictures(scale),
      bf16 ? await open(file, BF16) : undefined,
    );
    for (const clip of clips) await compareFlicker({ name, here, peer }, clip);
  }
  await Promise.all(opened.map((network) => network.release()));
  const owed = ours.map(({ name }) => ({ network: name, times: OWED_TIMES, other: TEACHER }));
  const { reached } = await compareSpeeds(ours, TEACHER, owed);
  if (!reached) fail();
}

const BF16 = { precision: 'bf16', provider: 'openvino' } as const;

interface Compared {
  name: string;
  here: Enlarge;
  peer: Enlarge;
}

async function compareNearness(
  { name, here, peer, scale }: Compared & { scale: number },
  frames: readonly Rgb[],
  wanted: readonly Rgb[],
  inBf16: OurNetwork | undefined,
): Promise<void> {
  const ways = { bicubic: byBicubic(scale), [PEER]: peer, [name]: here };
  if (inBf16) ways[`${name} bf16`] = byNetwork(inBf16);
  const rows: [who: string, Nearness][] = [];
  for (const [who, way] of Object.entries(ways)) rows.push([who, await nearness(way, frames, { wanted, scale })]);
  console.log(`\nx${scale}: nearness to ${TEACHER} on ${frames.length} damaged frames that trained nothing, luma`);
  console.table(rows.map(([who, { decibels, ssim }]) => ({ who, dB: decibels.toFixed(2), SSIM: ssim.toFixed(4) })));
  const [[, bicubic], [, other], [, own]] = rows as [(typeof rows)[0], (typeof rows)[0], (typeof rows)[0]];
  const reached = nearer(own, bicubic) && nearer(own, other);
  console.log(`${name} is nearer than both (owed: yes): ${reached ? 'yes' : 'NO'}`);
  if (!reached) fail();
}

/** Of each the change between frames, in times the source's. */
async function compareFlicker(
  { name, here, peer }: Compared,
  { clip, frames }: { clip: string; frames: readonly Rgb[] },
): Promise<void> {
  const source = await change(frames, luma);
  const [own, other] = [(await change(frames, here)) / source, (await change(frames, peer)) / source];
  console.log(
    `${path.basename(clip)}, ${frames.length} frames: change between frames, in times the source's: ` +
      `${PEER} ${other.toFixed(3)}, ${name} ${own.toFixed(3)}: ${atMost(own / other, MOST_FLICKER, 'times')}`,
  );
  if (own / other > MOST_FLICKER) fail();
}

if (existsSync(sharedClips)) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'reelscale-restore-'));
  try {
    await benchmark(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
} else console.log('skipped: it needs the shared clips, which REELSCALE_TEST_MEDIA does not name');
