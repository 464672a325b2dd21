import { setTimeout as sleep } from 'node:timers/promises';
import { acquireLease } from '../src/client/connection/lease.js';
import type { SupervisorInfo } from '../src/client/connection/supervisorProtocol.js';
import type { JobReport } from '../src/job/contracts.js';
import { jobLayout } from '../src/job/layout.js';
import { type Plan, planSchema } from '../src/job/plan.js';
import { discardJob } from '../src/job/store.js';
import { readJson } from '../src/lib/durable.js';
import { makeNoise } from './support/clips.js';
import { stageTimes } from './support/history.js';
import { type BenchHome, inBenchHome } from './support/home.js';
import { atLeast, atMost, numberFlag, printMachine } from './support/report.js';
import { type Devices, withDevices } from './support/simulatedDevices.js';
import { writeSlowNet } from './support/slowNet.js';
import { inferred } from './support/tally.js';

/**
 * Several devices on one job: do they finish together, and what does it cost when one is slow or dies?
 *
 *   npm run bench -- scaling [--seconds 300] [--ms 100] [--most 8]
 *
 * Devices are simulated: each is a process of its own whose network sleeps `ms` for every frame
 * (support/simulatedDevice.ts); the rest is the product: server, workflow, queues, decoding, parts, encode,
 * verification. Every device gets `seconds` of work, so the video grows with the devices, and the time should not.
 * Measured is the upscale stage, by the workflow's history: from the first segment's start to the last one's end. One
 * machine decodes and encodes for all of these devices: pictures are small and x264 is at a fast preset, so that the
 * processor is not what is measured.
 */
const seconds = numberFlag('seconds', 300);
const ms = numberFlag('ms', 100);
const most = numberFlag('most', 8);
/** By its pixels the planner expects 10 frames a second of a processor. */
const [WIDTH, HEIGHT] = [128, 80];
const SLOWER = 4;
const OWED = 0.95;
/** Of a part, frames; `--checkpoint-frames`. */
const PART_FRAMES = 100;
process.env['REELSCALE_HEARTBEAT_SECONDS'] ??= '10';

interface Disturbed extends Devices {
  /** Kill -9 of one, once half of the frames went through the network. */
  killOne?: boolean;
}

interface Run {
  devices: Disturbed;
  frames: number;
  stage: number;
  whole: number;
  inferred: number;
  plan: Plan;
}

/** Seconds in which the devices would be through if they were busy all the time and shared to the frame. */
const ideal = ({ frames, devices }: Run): number => frames / devices.ms.reduce((sum, each) => sum + 1000 / each, 0);

async function run(home: BenchHome, info: SupervisorInfo, devices: Disturbed): Promise<Run> {
  const frames = Math.round(devices.ms.reduce((sum, each) => sum + (1000 * seconds) / each, 0));
  const clip = await makeNoise(WIDTH, HEIGHT, frames);
  const net = home.file('net.onnx');
  await writeSlowNet(net, 2);
  return withDevices(home, info, devices, async (processes) => {
    const output = home.file(`${devices.tag}.mp4`);
    const how = ['-m', net, '-s', '2', '--deinterlace', 'off', '--encoder-preset', 'superfast'];
    const command = home.start([
      'upscale',
      clip,
      '-o',
      output,
      ...how,
      '--tag',
      devices.tag,
      '--checkpoint-frames',
      String(PART_FRAMES),
      '--json',
    ]);
    if (devices.killOne) {
      const before = await inferred(home);
      while ((await inferred(home)) - before < frames / 2) await sleep(100);
      processes[0]?.kill('SIGKILL');
    }
    const { exitCode, stdout, stderr } = await command;
    if (exitCode !== 0) throw new Error(`the job ended with code ${exitCode ?? 'none'}: ${stderr}`);
    const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as JobReport;
    if (report.frames !== frames || report.duplicateFrames > 0)
      throw new Error(`frames were lost or skipped: ${stdout}`);
    const { spec, stages } = await stageTimes(home.config, output);
    const { started = NaN, completed = NaN } = stages.get('upscaleSegment') ?? {};
    const plan = await readJson(jobLayout(home.config.roots, spec).planned('source').plan, planSchema);
    if (!plan) throw new Error(`the segments were not read from the source itself: ${report.warnings.join('; ')}`);
    await discardJob(home.config.roots, spec);
    const result = {
      devices,
      frames,
      stage: (completed - started) / 1000,
      whole: report.seconds,
      inferred: report.inferredFrames,
      plan,
    };
    console.log(`${devices.tag}: ${result.stage.toFixed(1)} s, ideal ${ideal(result).toFixed(1)} s`);
    return result;
  });
}

/**
 * What it may cost that one of several equal devices dies half way: its share of the rest, and the most that can be
 * lost with it.
 */
function mayCost(run: Run, heartbeat: number): number {
  const { frames, devices, plan } = run;
  const { length } = devices.ms;
  const share = (frames / 2) * (1 / (length - 1) - 1 / length);
  const segment = Math.max(...plan.segments.map((each) => each.frames));
  return heartbeat + ((share + PART_FRAMES + segment) * ms) / 1000;
}

const sizes = ({ plan: { segments } }: Run): string =>
  `${segments.length} of ${segments[0]?.frames ?? 0} to ${segments.at(-2)?.frames ?? segments[0]?.frames ?? 0}`;

await inBenchHome(async (home) => {
  printMachine();
  const lease = await acquireLease(home.config);
  const { info } = lease;
  const equal = (count: number): number[] => Array.from({ length: count }, () => ms);
  const runs: Run[] = [];
  for (let count = 1; count <= most; count *= 2)
    runs.push(await run(home, info, { tag: `equal-${count}`, ms: equal(count) }));
  const killed = await run(home, info, { tag: 'killed', ms: equal(4), killOne: true });
  const slow = await run(home, info, { tag: 'slow', ms: [ms * SLOWER, ...equal(3)] });
  await lease.release();

  const [one] = runs as [Run];
  const speedUp = (each: Run): number => each.frames / each.stage / (one.frames / one.stage);
  console.log(`${seconds} s of work a device, ${ms} ms a frame; upscale stage, seconds`);
  console.table(
    runs.map((each) => ({
      devices: each.devices.ms.length,
      frames: each.frames,
      segments: sizes(each),
      seconds: each.stage.toFixed(1),
      ideal: ideal(each).toFixed(1),
      'times one device': speedUp(each).toFixed(2),
      'of N': (speedUp(each) / each.devices.ms.length).toFixed(3),
      'of ideal': (ideal(each) / each.stage).toFixed(3),
      'whole job': each.whole.toFixed(1),
    })),
  );
  console.log(
    `fewest of N: ${atLeast(Math.min(...runs.map((each) => speedUp(each) / each.devices.ms.length)), OWED)}`,
  );
  console.log(
    'fewest of ideal, by which one device alone is held too: ' +
      `${atLeast(Math.min(...runs.map((each) => ideal(each) / each.stage)), OWED)}`,
  );
  console.log(
    `4 devices, one of them ${SLOWER} times slower: ${slow.stage.toFixed(1)} s, ` +
      `ideal ${ideal(slow).toFixed(1)} s: ${(ideal(slow) / slow.stage).toFixed(3)} of it; segments: ${sizes(slow)}`,
  );
  const four = runs.find(({ devices }) => devices.ms.length === 4);
  if (!four) return;
  const { heartbeatSeconds } = home.config;
  console.log(
    `4 devices, one killed half way: ${killed.stage.toFixed(1)} s, ${killed.inferred - killed.frames} frames twice`,
  );
  console.log(
    `more than without: ${atMost(killed.stage - four.stage, mayCost(killed, heartbeatSeconds), 's')}: ` +
      `its share of the rest, ${heartbeatSeconds} s of heartbeat time-out, a part, a segment`,
  );
});
