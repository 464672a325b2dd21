import os from 'node:os';
import { execa } from 'execa';
import { acquireLease } from '../src/client/connection/lease.js';
import type { JobReport } from '../src/job/contracts.js';
import { jobLayout } from '../src/job/layout.js';
import { planSchema } from '../src/job/plan.js';
import { discardJob } from '../src/job/store.js';
import { argv } from '../src/lib/argv.js';
import { readJson } from '../src/lib/durable.js';
import { makeClip } from './support/clips.js';
import { stageTimes } from './support/history.js';
import { type BenchHome, inBenchHome } from './support/home.js';
import { workersSeconds } from './support/processes.js';
import { atLeast, atMost, numberFlag, printMachine, textFlag } from './support/report.js';
import { withDevices } from './support/simulatedDevices.js';
import { writeSlowNet } from './support/slowNet.js';
import { TimeLeftWatch } from './support/timeLeftWatch.js';

/**
 * Is a job as fast as the slower of its device and its encodes?
 *
 *   npm run bench -- pipeline [--seconds 10,60] [--fps 5,20,60,200] [--width 180] [--height 144] [--preset fast]
 *
 * The device is simulated (support/simulatedDevice.ts): a frame takes a fixed time. All else is the product, with
 * x264 on all cores. Beside it, in the same run, one ffmpeg command enlarges the same clip and encodes it with as many
 * threads as it wants: what all cores together encode. A clip of 60 s on a device of 5 fps takes five minutes by
 * itself, and is left out unless it is asked for by --slow 1. Nobody has measured a device before its first clip:
 * encodes follow from the second on.
 */
const RATE = 25;
const SCALE = 4;
const OWED = 0.9;
const OWED_TIME_LEFT = 0.2;
const numbers = (name: string, fallback: string): number[] =>
  textFlag(name, fallback)
    .split(',')
    .map(Number)
    .filter((value) => value > 0);
const width = numberFlag('width', 180);
const height = numberFlag('height', 144);
const preset = textFlag('preset', 'fast');
const lengths = numbers('seconds', '10,60');
const speeds = numbers('fps', '5,20,60,200');
/** Seconds of work for a device, above which a row is left out. */
const longest = textFlag('slow', '') === '' ? 100 : Infinity;
const cores = os.availableParallelism();

interface Row {
  seconds: number;
  device: number;
  encode: number;
  /** Of the job, from its start to its published result. */
  fps: number;
  /** The same up to the end of the merge. */
  merged: number;
  segments: string;
  threads: number;
  busyDevice: number;
  busyCores: number;
  /** Processor seconds a frame. */
  processor: number;
  /** By how much of the whole time the time left was wrong at worst, behind the first tenth. */
  timeLeftOff: number | undefined;
}

const bound = ({ device, encode }: Row): number => Math.min(device, encode);

/** Frames a second of one ffmpeg that has the machine to itself. */
async function encodeSpeed(file: string, frames: number, output: string): Promise<number> {
  const begin = performance.now();
  await execa(
    'ffmpeg',
    argv`
      -loglevel error -nostdin -y -i ${file} -vf scale=iw*${SCALE}:ih*${SCALE}:flags=neighbor -c:v libx264
      -preset ${preset} -crf 23 -an ${output}
    `,
  );
  return (frames * 1000) / (performance.now() - begin);
}

async function run(home: BenchHome, tag: string, seconds: number, device: number): Promise<Row> {
  const frames = seconds * RATE;
  const { file } = await makeClip(width, height, frames);
  const net = home.file('net.onnx');
  await writeSlowNet(net, 2, SCALE);
  const encode = await encodeSpeed(file, frames, home.file('bare.mp4'));
  const output = home.file(`${tag}-${seconds}s.mp4`);
  const before = workersSeconds(home);
  const begin = performance.now();
  const how = argv`-m ${net} -s ${SCALE} --deinterlace off --encoder-preset ${preset} --tag ${tag} --json`;
  const running = home.start(['upscale', file, '-o', output, ...how]);
  const watch = new TimeLeftWatch(home.config, output);
  const { exitCode, stdout, stderr } = await running;
  const timeLeftOff = await watch.worst();
  if (exitCode !== 0) throw new Error(`the job ended with code ${exitCode ?? 'none'}: ${stderr}`);
  const wall = (performance.now() - begin) / 1000;
  const processor = workersSeconds(home) - before;
  const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as JobReport;
  const { spec, stages } = await stageTimes(home.config, output);
  const begun = stages.get('probe')?.started ?? NaN;
  const merged = ((stages.get('mergeAudio')?.completed ?? NaN) - begun) / 1000;
  const whole = ((stages.get('publish')?.completed ?? NaN) - begun) / 1000;
  const plan = await readJson(jobLayout(home.config.roots, spec).planned('source').plan, planSchema);
  await discardJob(home.config.roots, spec);
  const sizes = plan?.segments.map((segment) => segment.frames) ?? [];
  const row = {
    seconds,
    device,
    encode,
    fps: frames / whole,
    merged: frames / merged,
    segments: sizes.length > 8 ? `${sizes.slice(0, 4).join(' ')} … ${sizes.slice(-3).join(' ')}` : sizes.join(' '),
    threads: spec.encode.threads,
    // Frames that repeat the one before are not the device's.
    busyDevice: report.inferredFrames / device / whole,
    busyCores: processor / wall / cores,
    processor: processor / frames,
    timeLeftOff,
  };
  console.log(`${seconds} s at ${device} fps: ${(row.fps / bound(row)).toFixed(3)} of the slower one`);
  return row;
}

const share = (value: number): string => `${Math.round(100 * value)} %`;

await inBenchHome(async (home) => {
  printMachine();
  console.log(`${width}x${height} to x${SCALE}, x264 ${preset}; one device`);
  const lease = await acquireLease(home.config);
  const rows: Row[] = [];
  for (const device of speeds) {
    const tag = `sim-${device}`;
    // One device for all clips: a job counts who polled within the last minutes.
    await withDevices(home, lease.info, { tag, ms: [1000 / device] }, async () => {
      for (const seconds of lengths)
        if ((seconds * RATE) / device <= longest) rows.push(await run(home, tag, seconds, device));
    });
  }
  await lease.release();
  console.table(
    rows.map((row) => ({
      'clip, s': row.seconds,
      'device, fps': row.device,
      'encode, fps': row.encode.toFixed(1),
      'job, fps': row.fps.toFixed(1),
      ratio: (row.fps / bound(row)).toFixed(3),
      'to the merge': (row.merged / bound(row)).toFixed(3),
      'device idle': share(1 - row.busyDevice),
      'cores idle': share(1 - row.busyCores),
      'cpu ms a frame': (1000 * row.processor).toFixed(0),
      'time left off': row.timeLeftOff === undefined ? '' : share(row.timeLeftOff),
      segments: row.segments,
      threads: row.threads,
    })),
  );
  console.log(`least: ${atLeast(Math.min(...rows.map((row) => row.fps / bound(row))), OWED)}`);
  const off = Math.max(...rows.map((row) => row.timeLeftOff ?? 0));
  console.log(`the time left is off by ${atMost(off, OWED_TIME_LEFT, 'of the whole time')}`);
});
