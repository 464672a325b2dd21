import { readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { homeLayout } from '../src/client/connection/home.js';
import { discardJob } from '../src/job/store.js';
import { makeNoise } from './support/clips.js';
import { stageTimes } from './support/history.js';
import { type BenchHome, inBenchHome } from './support/home.js';
import { atMost, median, numberFlag, printMachine } from './support/report.js';
import { writeSlowNet } from './support/slowNet.js';
import { inferred } from './support/tally.js';

/**
 * Where the time goes until the first frame comes out of the network, with nothing running: a clip of a second through
 * a small network on the processor.
 *
 *   npm run bench -- start [--rounds 3]
 *
 * The second column is the same command with the supervisor, its server and its workers at work.
 */
const rounds = numberFlag('rounds', 3);
const OWED = 2.5;

const STEPS = [
  'the supervisor is started',
  'the Temporal server is started',
  'the workers are started',
  'the control worker is ready',
  'the upscale worker is ready',
  'the job begins with its probe',
  'the segment is planned',
  'the upscale begins',
  'the first frame is out',
  'the command ends',
] as const;
type Times = Partial<Record<(typeof STEPS)[number], number>>;

const now = (): number => performance.timeOrigin + performance.now();

/** When a file of logs was made, in milliseconds since 1970. */
const made = (home: BenchHome, log: string): number => statSync(homeLayout(home.config.home).log(log)).birthtimeMs;

/** When a worker first said that it is ready. */
function ready(home: BenchHome, worker: string): number {
  const lines = readFileSync(homeLayout(home.config.home).log(worker), 'utf8').split('\n');
  const line = lines.find((text) => text.includes('"msg":"ready"')) ?? '{}';
  return new Date((JSON.parse(line) as { time?: string | number }).time ?? NaN).getTime();
}

/** Seconds from the command's start. */
async function measure(home: BenchHome, clip: string, net: string, cold: boolean): Promise<Times> {
  const output = home.file(`${cold ? 'cold' : 'warm'}.mp4`);
  const frames = await inferred(home);
  const begin = now();
  const command = home.start(['upscale', clip, '-o', output, '-m', net, '-s', '2', '--device', 'cpu', '--json']);
  let over = false;
  void command.finally(() => {
    over = true;
  });
  while (!over && (await inferred(home)) <= frames) await sleep(10);
  const first = now();
  const { exitCode, stderr } = await command;
  const end = now();
  if (exitCode !== 0) throw new Error(`the job ended with code ${exitCode ?? 'none'}: ${stderr}`);
  const { spec, stages } = await stageTimes(home.config, output);
  await discardJob(home.config.roots, spec);
  const at: Times = {
    ...(cold && {
      'the supervisor is started': made(home, 'supervisor'),
      'the Temporal server is started': made(home, 'temporal'),
      'the workers are started': made(home, 'worker-control'),
      'the control worker is ready': ready(home, 'worker-control'),
      'the upscale worker is ready': ready(home, 'worker-upscale-cpu'),
    }),
    'the job begins with its probe': stages.get('probe')?.started ?? NaN,
    'the segment is planned': stages.get('planSegments')?.completed ?? NaN,
    'the upscale begins': stages.get('upscaleSegment')?.started ?? NaN,
    'the first frame is out': first,
    'the command ends': end,
  };
  return Object.fromEntries(Object.entries(at).map(([step, time]) => [step, (time - begin) / 1000]));
}

printMachine();
const clip = await makeNoise(160, 120, 25);
const runs: { cold: Times; warm: Times }[] = [];
for (let round = 0; round < rounds; round++)
  runs.push(
    await inBenchHome(async (home) => {
      const net = home.file('net.onnx');
      await writeSlowNet(net, 2);
      return { cold: await measure(home, clip, net, true), warm: await measure(home, clip, net, false) };
    }),
  );
const of = (kind: 'cold' | 'warm', step: (typeof STEPS)[number]): number =>
  median(runs.map((run) => run[kind][step] ?? NaN));
console.log('seconds from the start of the command, median');
console.table(
  Object.fromEntries(
    STEPS.map((step) => [step, { 'nothing running': of('cold', step).toFixed(2), warm: of('warm', step).toFixed(2) }]),
  ),
);
console.log(`first frame with nothing running: ${atMost(of('cold', 'the first frame is out'), OWED, 's')}`);
