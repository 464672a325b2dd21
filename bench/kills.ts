import { setTimeout as sleep } from 'node:timers/promises';
import { undisturbedClips } from './kills/clips.js';
import { Crew } from './kills/crew.js';
import { eventOf } from './kills/events.js';
import { type Ground, onGround, TIMES } from './kills/ground.js';
import { Ledger } from './kills/ledger.js';
import { leftRunning } from './kills/processes.js';
import { numberFlag, printMachine } from './support/report.js';

/**
 * Whether anything is lost, whatever happens: jobs and batches over real clips, whose processes are killed, frozen and
 * ended, whose users pause, cancel and repeat themselves, whose disks are full and whose files change by a bit, at
 * random.
 *
 *   npm run bench -- kills [--minutes 5] [--hours N] [--events N] [--seed N] [--json]
 *
 * Every job whose last word was not a cancel ends done, and its packets and frames are those of an undisturbed run.
 * What does not hold is printed with seed, event and job, its logs are kept, and the exit code is 1.
 */
const flagged = (name: string): boolean => process.argv.includes(`--${name}`);
const json = flagged('json');
const seed = numberFlag('seed', 1 + Math.floor(Math.random() * 999_999));
const most = flagged('events') ? numberFlag('events', 1) : Infinity;
const minutes = flagged('hours')
  ? numberFlag('hours', 1) * 60
  : flagged('minutes') || !flagged('events')
    ? numberFlag('minutes', 5)
    : Infinity;
const MEAN_GAP = 1.7;
/** Seconds, for what is at work when the last event was. */
const TO_END = 600;
/** Of processes that end by themselves after the last command. */
const TO_LEAVE = TIMES.linger + 30;

async function campaign(ground: Ground): Promise<void> {
  const ledger = new Ledger(seed);
  if (Object.keys(ground.disks).length < 3) console.log('disks are not filled: mounting is not permitted here');
  const clips = await undisturbedClips(ground);
  ledger.note(`undisturbed: ${clips.length} clips`);
  const crew = new Crew(ground, ledger, clips);
  const end = performance.now() + minutes * 60_000;
  await crew.begin();
  const tending = tend(crew);
  while (ledger.hits < most && performance.now() < end) {
    const { dice, act } = eventOf(seed, ++ledger.event);
    // Not before the event is due, nor all at the same time.
    await sleep(Math.min(6, -MEAN_GAP * Math.log(1 - dice.throw())) * 1000);
    const happened = await act(crew, dice);
    if (happened) ledger.happened(happened.kind, happened.detail);
    if (happened && !json && ledger.hits % 50 === 0)
      console.log(`${ledger.hits} events, ${crew.totals.videos} videos done, ${ledger.violations.length} violations`);
  }
  await tending.stop();
  ledger.note('the last event was');
  await crew.finish(TO_END);
  for (const left of await leftRunning(ground, TO_LEAVE)) ledger.violation(`left running: ${left}`, 'all');
  for (const touched of ground.touched()) ledger.violation(touched, 'all');
  if (crew.totals.twice > crew.allowedTwice)
    ledger.violation(
      `${crew.totals.twice} frames went through the network twice; ${crew.allowedTwice} are allowed`,
      'all',
    );
  report(ledger, crew);
  ledger.close();
  process.exitCode = ledger.violations.length > 0 ? 1 : 0;
}

/** The users look now and then, beside the events. */
function tend(crew: Crew): { stop: () => Promise<void> } {
  const state = { over: false };
  const loop = (async () => {
    while (!state.over) {
      await crew.tend();
      await crew.begin();
      await sleep(250);
    }
  })();
  return {
    stop: async () => {
      state.over = true;
      await loop;
    },
  };
}

function report(ledger: Ledger, crew: Crew): void {
  const sorted = (counts: Map<string, number>) => Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  const result = {
    seed,
    count: ledger.hits,
    events: sorted(ledger.events),
    tasks: sorted(crew.endings),
    outcomes: sorted(ledger.outcomes),
    videos: crew.totals.videos,
    frames: crew.totals.frames,
    networkFrames: crew.totals.networkFrames,
    twice: crew.totals.twice,
    twiceAllowed: crew.allowedTwice,
    violations: ledger.violations,
  };
  if (json) {
    console.log(JSON.stringify(result));
    return;
  }
  const table = (counts: Record<string, number>, name: string) => {
    console.table(Object.entries(counts).map(([what, count]) => ({ [name]: what, count })));
  };
  table(result.events, 'event');
  table(result.tasks, 'jobs and batches');
  table(result.outcomes, 'how commands ended');
  console.log(
    `seed ${seed}: ${result.count} events; ${result.videos} videos with ${result.frames} frames; ` +
      `${result.twice} of ${result.networkFrames} frames went through the network twice ` +
      `(${result.twiceAllowed} by a part for each interruption of frames at work, and by what flipped bits cost); ` +
      `${ledger.violations.length} violations`,
  );
}

if (!json) printMachine();
console.log(`seed ${seed}`);
await onGround(campaign);
