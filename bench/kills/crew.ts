import path from 'node:path';
import { type Clip, flagsOf, METHODS, resultOf } from './clips.js';
import { Dice } from './dice.js';
import { type Ground, TIMES } from './ground.js';
import type { How } from './heard.js';
import type { Ledger } from './ledger.js';
import { COST, compareContents, settle, type Totals } from './settle.js';
import { Task } from './task.js';

export interface Interruption {
  /** Milliseconds of this process: between them it may have stopped a frame. */
  from: number;
  to: number;
  parts: number;
  /** Frames of a job that is done were at the device meanwhile. */
  met: boolean;
}

/**
 * A frame that began before an interruption is counted after it; and what it did is noticed by a heartbeat time-out.
 */
const BEFORE_MS = 2000;
const AFTER = TIMES.heartbeat + 2;

/** Jobs and batches at work at the same time. */
const TASKS = 4;
/** Failures in a row after which the same command is not given once more. */
const PATIENCE = 6;
const MOST_IN_BATCH = 3;
/** Looks at the end between two times that somebody resumes what is left. */
const RESUMES = 80;

/** The users: some tasks at a time, a new one as one has ended. */
export class Crew {
  open: Task[] = [];
  /** Cancelled for good. */
  readonly cancelled: Task[] = [];
  readonly totals: Totals = { videos: 0, frames: 0, networkFrames: 0, twice: 0 };
  /** How many tasks ended in which way. */
  readonly endings = new Map<string, number>();
  #begun = 0;

  readonly interruptions: Interruption[] = [];
  flippedFrames = 0;
  /** Parts that cancels may have cost. */
  cancelledAtWork = 0;
  readonly ground: Ground;
  readonly ledger: Ledger;
  readonly #clips: Clip[];

  constructor(ground: Ground, ledger: Ledger, clips: Clip[]) {
    this.ground = ground;
    this.ledger = ledger;
    this.#clips = clips;
  }

  /** @param parts that it may cost the one device. @param seconds until its consequences are over. */
  interrupted(parts: number, seconds: number): void {
    const now = performance.now();
    this.interruptions.push({ from: now - BEFORE_MS, to: now + (seconds + AFTER) * 1000, parts, met: false });
  }

  /** Parts that interruptions may have cost a task while its frames were at the device. */
  #partsLost(task: Task): number {
    const met = this.interruptions.filter(({ from, to }) =>
      task.atDevice.some((busy) => busy.from <= to && busy.to >= from),
    );
    for (const each of met) each.met = true;
    return task.lost + met.reduce((sum, { parts }) => sum + parts, 0);
  }

  flipped(task: Task, frames: number): void {
    this.flippedFrames += frames;
    task.flippedFrames += frames;
  }

  async begin(): Promise<void> {
    while (this.open.length < TASKS) {
      const task = await this.#newTask();
      this.open.push(task);
      task.say();
    }
  }

  async #newTask(): Promise<Task> {
    const name = `task-${this.#begun++}`;
    const dice = new Dice(this.ledger.seed, name);
    const batch = dice.throw() < 0.3;
    const method = dice.weighted([
      [3, METHODS[0]],
      [2, METHODS[1]],
    ] as const);
    const clips = Array.from(
      { length: batch ? 2 + dice.below(MOST_IN_BATCH - 1) : 1 },
      () => dice.pick(this.#clips) as Clip,
    );
    const out = this.ground.at(`out/${name}`);
    const videos = [];
    for (const [n, clip] of clips.entries()) {
      const source = await this.ground.source(
        clip.file,
        `in/${name}/${n}-${path.basename(clip.file)}`,
        `${name} ${n}`,
      );
      videos.push({ clip, source, output: resultOf(out, source) });
    }
    const [first] = videos;
    const flags = flagsOf(this.ground, method);
    if (batch)
      return new Task(this.ground, this.ledger, {
        name,
        batch,
        method,
        videos,
        args: ['batch', this.ground.at(`in/${name}`), '--out-dir', out, '--parallel', '2', ...flags],
      });
    this.ground.folder(`out/${name}`);
    return new Task(this.ground, this.ledger, {
      name,
      batch,
      method,
      videos,
      args: ['upscale', first?.source ?? '', '-o', first?.output ?? '', ...flags],
    });
  }

  /** Frames that all interruptions together may have sent through the network twice. */
  get allowedTwice(): number {
    const parts = this.interruptions
      .filter(({ met }) => met)
      .reduce((sum, each) => sum + each.parts, this.cancelledAtWork);
    return parts * COST + this.flippedFrames;
  }

  /** Gives commands again that have ended before their time, and settles tasks that are done. */
  async tend(): Promise<void> {
    for (const task of [...this.open]) {
      await task.watchDevice();
      const { reports } = await task.look();
      if (reports.length === task.asked.videos.length && task.idle) await this.#settle(task, reports);
      else if (task.failures >= PATIENCE) this.#giveUp(task);
      else task.goOn();
    }
  }

  async #settle(task: Task, reports: Parameters<typeof settle>[1]): Promise<void> {
    this.#end(task, `done ${howDone(task)}`);
    const parts = this.#partsLost(task);
    const totals = await settle(task, reports, parts);
    this.cancelledAtWork += task.lost;
    for (const name of Object.keys(totals) as (keyof Totals)[]) this.totals[name] += totals[name];
    this.ledger.note(
      `${task.asked.name}: done, ${task.commands} commands, ${totals.twice} of ${totals.frames} frames twice, ` +
        `${parts} interruptions at the device, ${task.flippedFrames} frames flipped`,
    );
  }

  #giveUp(task: Task): void {
    task.violate(`it failed ${PATIENCE} times in a row`);
    this.#end(task, 'given up');
  }

  /** A job that was done before its record was discarded: the result is there, and is what it has to be. */
  async discarded(task: Task): Promise<void> {
    task.retired = true;
    this.#end(task, 'done, then discarded');
    for (const video of task.asked.videos) await compareContents(task, video);
  }

  /**
   * Everything that is cancelled stays so, until the end. @param waiting how its commands end: one that was still
   * starting, and one of which nobody knows, may have begun the job behind the cancel.
   */
  async retire(task: Task, waiting: Promise<How[]>): Promise<void> {
    task.retired = true;
    if ((await waiting).every((how) => how === 'cancelled')) {
      this.cancelled.push(task);
      this.#end(task, 'cancelled for good');
    } else {
      task.retired = false;
    }
  }

  #end(task: Task, how: string): void {
    this.open = this.open.filter((other) => other !== task);
    this.endings.set(how, (this.endings.get(how) ?? 0) + 1);
  }

  /** Lets everything come to its end. @param seconds what is not done then never will be. */
  async finish(seconds: number): Promise<void> {
    const end = performance.now() + seconds * 1000;
    for (let round = 1; this.open.length > 0 && performance.now() < end; round++) {
      await this.tend();
      // The command of a batch that somebody else has paused waits until somebody resumes it.
      if (round % RESUMES === 0)
        for (const task of this.open) if (task.asked.batch && task.speaking === 0) void task.speak('resume');
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
    for (const task of this.open) {
      task.violate(`it is not done ${seconds} s after the last event`);
      task.endCommands();
    }
    for (const task of this.cancelled) await confirmCancelled(task);
  }
}

/** A job that was made before its cancel came is there; of one that was not, nothing is. */
async function confirmCancelled(task: Task): Promise<void> {
  const { reports } = await task.look();
  if (reports.length > 0 && !task.asked.batch) task.violate('it was cancelled, and is done');
}

const howDone = ({ commands, met }: Task): string => {
  if (met.has('failed')) return 'after a failure';
  if (met.has('cancel')) return 'after a cancel';
  if (met.has('pause') || met.has('paused')) return 'after a pause';
  return commands > 1 ? 'with several commands' : 'with one command';
};
