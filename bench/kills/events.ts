import { SEGMENT_FRAMES } from './clips.js';
import type { Crew } from './crew.js';
import { Dice } from './dice.js';
import { FLIPS, flipByte } from './flip.js';
import type { Disk } from './ground.js';
import { killOne, powerCut } from './processes.js';
import type { Task } from './task.js';

/** What an event did, and to whom; undefined where it found nothing to do it to. */
type Happened = { kind: string; detail: string } | undefined;
export type Act = (crew: Crew, dice: Dice) => Happened | Promise<Happened>;

const ACTS: readonly (readonly [number, Act])[] = [
  [42, killOne],
  [1, powerCut],
  [7, pause],
  [6, pauseAndResume],
  [5, resume],
  [6, cancel],
  [8, again],
  [6, fullDisk],
  [14, flip],
];

/** The n-th event of a seed. */
export const eventOf = (seed: number, n: number): { dice: Dice; act: Act } => {
  const dice = new Dice(seed, 'event', n);
  return { dice, act: dice.weighted(ACTS) };
};

const some = (crew: Crew, dice: Dice, which: (task: Task) => boolean): Task | undefined =>
  dice.pick(crew.open.filter(which));
/** Words do not overtake each other, so that there is a last one. */
const isFree = (task: Task): boolean => task.speaking === 0 && task.asked.videos.some(({ keys }) => keys);

function pause(crew: Crew, dice: Dice): Happened {
  const task = some(crew, dice, isFree);
  const [seconds, background] = [dice.between(1, 8), dice.throw() < 0.5];
  if (!task) return undefined;
  void task.speak('pause').then(async (code) => {
    task.rest(seconds);
    if (code !== 0 || !background) return;
    // Goes on in the background, and somebody comes to look later.
    await task.speak('resume');
    task.rest(dice.between(2, 8));
  });
  return { kind: 'pause', detail: task.asked.name };
}

/** The later word comes while the earlier one is still being carried out. */
function pauseAndResume(crew: Crew, dice: Dice): Happened {
  const task = some(crew, dice, isFree);
  const [gap, byCommand] = [dice.between(0, 1200), dice.throw() < 0.5];
  if (!task) return undefined;
  const command = byCommand ? task.command : undefined;
  if (command) command.kill('SIGINT');
  else void task.speak('pause');
  setTimeout(() => {
    if (command) task.say();
    else void task.speak('resume');
  }, gap);
  return {
    kind: command ? 'Ctrl-C, and the same command at once' : 'pause, and resume at once',
    detail: `${task.asked.name} after ${gap.toFixed(0)} ms`,
  };
}

function resume(crew: Crew, dice: Dice): Happened {
  const task = some(crew, dice, isFree);
  if (!task) return undefined;
  void task.speak('resume');
  return { kind: 'resume', detail: task.asked.name };
}

function cancel(crew: Crew, dice: Dice): Happened {
  const task = some(crew, dice, isFree);
  const [discard, forGood, seconds] = [dice.throw() < 0.4, dice.throw() < 0.5, dice.between(0, 5)];
  if (!task) return undefined;
  task.cancelled = 'asked';
  task.cancels++;
  task.lost++;
  // One that was killed may have told the job before: its record goes then, whatever this one wants.
  const mayDiscard = discard || task.discarding;
  task.discarding = mayDiscard;
  const waiting = task.ends();
  void task.speak('cancel', ...(discard ? ['--discard'] : [])).then(async (code) => {
    task.rest(seconds);
    if (code !== 0) return;
    task.cancelled = 'done';
    task.discarding = false;
    // A job was faster: there is nothing to take back. A command that was still starting may have begun the job again.
    const { reports, ended } = await task.look();
    if (!task.asked.batch && reports.length > 0) task.violate('cancel said that it is cancelled, and it is done');
    else if (!task.asked.batch && !mayDiscard && !task.command && !ended.some(({ state }) => state === 'cancelled'))
      task.violate('cancel said that it is cancelled, and its record does not');
    if (discard) task.forget();
    // It was done before, so only its record and its parts are gone.
    if (discard && !task.asked.batch && task.hasResult()) await crew.discarded(task);
    else if (forGood && reports.length === 0) await crew.retire(task, waiting);
  });
  return { kind: discard ? 'cancel --discard' : 'cancel', detail: task.asked.name };
}

/** Two commands for one job: the later one waits too. */
function again(crew: Crew, dice: Dice): Happened {
  const task = some(crew, dice, isFree);
  if (!task) return undefined;
  task.say();
  return { kind: 'same command again', detail: task.asked.name };
}

function fullDisk(crew: Crew, dice: Dice): Happened {
  const disk = dice.weighted<Disk>([
    [3, 'jobs'],
    [2, 'output'],
    [2, 'state'],
  ]);
  const [leave, seconds] = [dice.pick([0, 2 ** 20, 12 * 2 ** 20]) as number, dice.between(1, 6)];
  const makeRoom = crew.ground.fill(disk, leave);
  if (!makeRoom) return undefined;
  crew.interrupted(1, seconds);
  setTimeout(makeRoom, seconds * 1000);
  return { kind: `full disk: ${disk}`, detail: `${leave} bytes left for ${seconds.toFixed(1)} s` };
}

function flip(crew: Crew, dice: Dice): Happened {
  const kind = dice.weighted([
    [5, FLIPS[0]],
    [4, FLIPS[1]],
    [3, FLIPS[2]],
    [2, FLIPS[3]],
  ] as const);
  const flipped = flipByte(crew.ground.home.config, kind, dice, (key) => crew.open.some((task) => task.owns(key)));
  const task = crew.open.find((each) => each.owns(flipped?.key ?? ''));
  if (!flipped || !task) return undefined;
  // An encoded part is made from a segment's upscaled frames, which may be gone; a plan says where every segment
  // begins.
  const whole = task.asked.videos.reduce((sum, { clip }) => sum + clip.undisturbed.net.frames, 0);
  crew.flipped(task, kind === 'record of a job' ? whole : SEGMENT_FRAMES);
  return { kind: `flipped byte: ${kind}`, detail: `${task.asked.name} ${flipped.file} at ${flipped.at}` };
}
