import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeClip } from './support/clips.js';
import { type BenchHome, inBenchHome } from './support/home.js';
import { atMost, numberFlag, printMachine } from './support/report.js';
import { writeSlowNet } from './support/slowNet.js';
import { inferred } from './support/tally.js';

/**
 * After kill -9 of everything that a job started, the same command again: how long until a new frame comes out of the
 * network? The server has to notice by a heartbeat time-out that the workers are gone. All frames are one segment,
 * which is the worst case: of several, the next one would start at once.
 *
 *   npm run bench -- resume [--rounds 1]
 */
const rounds = numberFlag('rounds', 1);
const [WIDTH, HEIGHT, FRAMES] = [160, 120, 2000];
/** Enough that the job is in the middle when it is killed. */
const BEFORE_KILL = 30;
const OWED_BESIDE_HEARTBEAT = 15;

/** Seconds from the command's start until more than `count` frames were inferred in all. */
async function untilMore(home: BenchHome, args: string[], count: number): Promise<number> {
  const begin = performance.now();
  const command = home.start(args);
  let over = false;
  const ended = command.then(({ stderr }) => {
    over = true;
    return stderr;
  });
  while ((await inferred(home)) <= count) {
    if (over) throw new Error(`the command ended before: ${await ended}`);
    await sleep(20);
  }
  return (performance.now() - begin) / 1000;
}

async function measure(home: BenchHome): Promise<{ fresh: number; resumed: number; done: number }> {
  const { file } = await makeClip(WIDTH, HEIGHT, FRAMES);
  const net = path.join(home.config.home, 'slow.onnx');
  await writeSlowNet(net, 24);
  const args = [
    'upscale',
    file,
    '-o',
    home.file('out.mp4'),
    '-m',
    net,
    '-s',
    '2',
    '--device',
    'cpu',
    '--checkpoint-frames',
    '10',
    '--segment-frames',
    String(FRAMES),
  ];
  const fresh = await untilMore(home, args, 0);
  while ((await inferred(home)) < BEFORE_KILL) await sleep(50);
  await home.kill();
  const done = await inferred(home);
  return { fresh, resumed: await untilMore(home, args, done), done };
}

printMachine();
const results: { fresh: number; resumed: number; done: number; heartbeat: number }[] = [];
for (let round = 0; round < rounds; round++) {
  results.push(
    await inBenchHome(async (home) => ({ ...(await measure(home)), heartbeat: home.config.heartbeatSeconds })),
  );
}
console.log('seconds from the command to the first frame out of the network, nothing running before');
console.table(
  results.map(({ fresh, resumed, done }) => ({
    'first command': fresh.toFixed(2),
    'frames at kill -9': done,
    'same command again': resumed.toFixed(2),
  })),
);
const heartbeat = results[0]?.heartbeat ?? 0;
console.log(
  'slowest: ' +
    `${atMost(Math.max(...results.map(({ resumed }) => resumed)), OWED_BESIDE_HEARTBEAT + heartbeat, 's')}, ` +
    `${heartbeat} s of it the heartbeat time-out`,
);
