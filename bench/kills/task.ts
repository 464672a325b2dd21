import { existsSync } from 'node:fs';
import path from 'node:path';
import { shortBatch } from '../../src/job/batch/spec.js';
import { storedBatches } from '../../src/job/batch/store.js';
import type { JobReport } from '../../src/job/contracts.js';
import { jobLayout, resolveRooted } from '../../src/job/layout.js';
import { type Ended, endedSchema, reportSchema } from '../../src/job/records.js';
import { storedJobs } from '../../src/job/store.js';
import { readJson } from '../../src/lib/durable.js';
import { inferredBelow } from '../support/tally.js';
import type { Clip, Method } from './clips.js';
import type { Ground } from './ground.js';
import { general, type How, lastLine, outcomeOf } from './heard.js';
import type { Ledger } from './ledger.js';

export interface Video {
  clip: Clip;
  output: string;
  /** Known once the command has made the job. */
  keys?: { jobKey: string; upscaleKey: string };
}

export interface Asked {
  name: string;
  batch: boolean;
  method: Method;
  args: string[];
  videos: Video[];
}

/** Longest time that pause, resume and cancel may take while other things happen. */
const WORD_MS = 120_000;

/** A command that a user has given, once or, after whatever happened to it, again, until its videos are there. */
export class Task {
  readonly ground: Ground;
  readonly ledger: Ledger;
  readonly asked: Asked;
  /** Its commands that run: mostly one, several where it was given again meanwhile. */
  readonly #running = new Map<ReturnType<Ground['start']>, Promise<How>>();
  /** A pause, resume or cancel is on its way. */
  speaking = 0;
  /** Parts that cancels may have cost. */
  lost = 0;
  /** When its frames went through the network, in milliseconds of this process. */
  readonly atDevice: { from: number; to: number }[] = [];
  #inferred = 0;
  #lookedAt = performance.now();
  /** Frames of parts that were changed on the disk, which have to be made again. */
  flippedFrames = 0;
  commands = 0;
  /** In a row. */
  failures = 0;
  readonly met = new Set<string>();
  /** `asked`: a cancel was begun and nothing has contradicted it. */
  cancelled: 'no' | 'asked' | 'done' = 'no';
  /** How often a cancel was begun: several commands may wait for what one cancel ends. */
  cancels = 0;
  /** A cancel that discards was begun, and none has ended well since. */
  discarding = false;
  #restUntil = 0;

  /** Cancelled for good: nobody says anything more. */
  retired = false;

  constructor(ground: Ground, ledger: Ledger, asked: Asked) {
    this.ground = ground;
    this.ledger = ledger;
    this.asked = asked;
  }

  get idle(): boolean {
    return this.#running.size === 0 && this.speaking === 0;
  }

  get command() {
    return [...this.#running.keys()].at(-1);
  }

  /** How the commands that run now end. */
  ends(): Promise<How[]> {
    return Promise.all(this.#running.values());
  }

  endCommands(): void {
    for (const command of this.#running.keys()) command.kill('SIGKILL');
  }

  /** The same command, if none of it runs and it is time. */
  goOn(): void {
    if (this.idle && performance.now() >= this.#restUntil) this.say();
  }

  /** Nobody gives the command again for some seconds. */
  rest(seconds: number): void {
    this.#restUntil = Math.max(this.#restUntil, performance.now() + seconds * 1000);
  }

  say(): void {
    if (this.retired) return;
    const { name, args } = this.asked;
    const [cancelledBefore, cancelsBefore] = [this.cancelled, this.cancels];
    const began = performance.now();
    const command = this.ground.start(args);
    this.commands++;
    this.ledger.note(`${name}: command ${this.commands} as process ${command.pid ?? '?'}`);
    const ended = command.then(({ exitCode, signal, stdout, stderr }) => {
      this.#running.delete(command);
      const { how, text } = outcomeOf({ exitCode, signal, stdout, stderr });
      this.ledger.outcome(`command: ${text}`);
      this.ledger.note(
        `${name}: command ended after ${((performance.now() - began) / 1000).toFixed(1)} s, ` +
          `code ${exitCode ?? signal ?? 'none'}: ${lastLine(stderr)}`,
      );
      this.met.add(how);
      // While a disk is full or a server is away, a command cannot even begin: that counts less.
      if (how === 'failed' || how === 'unable') this.failures += how === 'failed' ? 1 : 0.5;
      else if (how !== 'killed') this.failures = 0;
      if (how === 'cancelled' && cancelledBefore === 'no' && this.cancels === cancelsBefore)
        this.violate('it was cancelled, which nobody has asked for');
      if (cancelledBefore !== 'no' && this.speaking === 0) this.cancelled = 'no';
      this.rest(1);
      return how;
    });
    this.#running.set(command, ended);
  }

  /** Another command about the same job. @returns its exit code, undefined when it was ended. */
  async speak(word: 'pause' | 'resume' | 'cancel', ...flags: string[]): Promise<number | undefined> {
    const name = await this.#nameForWords();
    if (name === undefined || this.retired) return undefined;
    this.speaking++;
    this.met.add(word);
    try {
      const command = this.ground.start([word, name, ...flags]);
      const late = setTimeout(() => {
        this.violate(`${word} gave no answer within ${WORD_MS / 1000} s`);
        command.kill('SIGKILL');
      }, WORD_MS);
      const { exitCode, stderr } = await command;
      clearTimeout(late);
      this.ledger.note(`${this.asked.name}: ${word} ended with ${exitCode ?? 'a signal'}: ${lastLine(stderr)}`);
      this.ledger.outcome(exitCode === 0 ? `${word}: done` : `${word}: ${general(lastLine(stderr))}`);
      return exitCode;
    } finally {
      this.speaking--;
    }
  }

  async #nameForWords(): Promise<string | undefined> {
    const { config } = this.ground.home;
    if (!this.asked.batch) return this.asked.videos[0]?.keys && this.asked.videos[0].output;
    const folder = path.dirname(this.asked.videos[0]?.output ?? '');
    const batch = (await storedBatches(config.roots).catch(() => [])).find(
      ({ outDir }) => resolveRooted(config.roots, outDir) === folder,
    );
    return batch && shortBatch(batch);
  }

  /** Notes whether frames went through the network since the last look. */
  async watchDevice(): Promise<void> {
    if (this.asked.method !== 'net') return;
    const from = this.#lookedAt;
    this.#lookedAt = performance.now();
    const { roots } = this.ground.home.config;
    const counts = await Promise.all(
      this.asked.videos.flatMap(({ keys }) => (keys ? [inferredBelow(jobLayout(roots, keys).upscaled)] : [])),
    );
    const inferred = counts.reduce((sum, count) => sum + count, 0);
    if (inferred !== this.#inferred) this.atDevice.push({ from, to: performance.now() });
    this.#inferred = inferred;
  }

  /** Looks on the disk how far its videos are. */
  async look(): Promise<{ reports: JobReport[]; ended: Ended[] }> {
    const { roots } = this.ground.home.config;
    if (this.asked.videos.some(({ keys }) => !keys)) {
      // A disk that is full may not let it be read.
      for (const { spec } of await storedJobs(roots).catch(() => [])) {
        const video = this.asked.videos.find(({ output }) => output === resolveRooted(roots, spec.output));
        if (video) video.keys = { jobKey: spec.jobKey, upscaleKey: spec.upscaleKey };
      }
    }
    const layouts = this.asked.videos.flatMap(({ keys }) => (keys ? [jobLayout(roots, keys)] : []));
    const reports = await Promise.all(
      layouts.map(({ report }) => readJson(report, reportSchema).catch(() => undefined)),
    );
    const ended = await Promise.all(layouts.map(({ state }) => readJson(state, endedSchema).catch(() => undefined)));
    return {
      reports: reports.filter((report) => report !== undefined) as JobReport[],
      ended: ended.filter((end) => end !== undefined),
    };
  }

  hasResult(): boolean {
    return this.asked.videos.every(({ output }) => existsSync(output));
  }

  /** Its jobs are gone from the disk. */
  forget(): void {
    for (const video of this.asked.videos) delete video.keys;
  }

  get key(): string {
    return this.asked.videos.map(({ keys }) => keys?.jobKey.slice(0, 8)).find(Boolean) ?? this.asked.name;
  }

  owns(key: string): boolean {
    return this.asked.videos.some(({ keys }) => keys?.jobKey === key || keys?.upscaleKey === key);
  }

  /** @param proof files that are kept, besides the logs and the jobs' records. */
  violate(what: string, proof: readonly string[] = []): void {
    const { config } = this.ground.home;
    const folders = this.asked.videos.flatMap(({ keys }) => (keys ? [jobLayout(config.roots, keys).job] : []));
    this.ledger.violation(
      `${this.asked.name} (${this.asked.batch ? 'batch' : 'upscale'}, ${this.asked.method}): ${what}`,
      this.key,
      [path.join(config.home, 'logs'), ...folders, ...proof],
    );
  }
}
