import os from 'node:os';
import type { Config } from '../../temporal.config.js';
import { type JobToEstimate, storeEstimate } from '../client/estimate/estimateWork.js';
import { acceptResult, requireRejected } from '../client/job/accept.js';
import {
  finishedBefore,
  refuseWithoutDevice,
  refuseWithoutEncoder,
  refuseWithoutSpace,
} from '../client/job/beforeStart.js';
import { cancelJob, pauseJob } from '../client/job/control.js';
import type { UpscaleFlags } from '../client/job/flags.js';
import { isFilter } from '../client/job/method.js';
import { chosenModel, PRESETS } from '../client/job/presets.js';
import { resolveJob } from '../client/job/resolveJob.js';
import { recordJob, startJob } from '../client/job/submit.js';
import { resolveRooted } from '../job/layout.js';
import { discardJob, readStored, type StoredJob } from '../job/store.js';
import { UserError } from '../lib/errors.js';
import { listModels } from '../models/list.js';
import { type EstimateRequest, estimate } from './estimate.js';
import { MediaFolders } from './folders.js';
import { Turnstile } from './limits.js';
import type { Link } from './link.js';
import type { LiveState } from './liveState.js';
import type { Job } from './schemas/jobs.js';
import type { Choices, Estimate, Submit } from './schemas/submit.js';

/** Sources that are looked at for a job or an estimate: each is read whole once. */
const READING = { atOnce: 2, waiting: 8 };

/** What pages can do: the same as the commands of the same names. */
export class Actions {
  readonly folders: MediaFolders;
  readonly #config: Config;
  readonly #liveState: LiveState;
  readonly #link: Link;
  readonly #reading = new Turnstile(READING, 'too many videos are being read at once: try again in a moment');
  readonly #measuring = new Turnstile(
    { atOnce: 1, waiting: 0 },
    'another measurement is under way: try again when it has ended',
  );

  constructor(config: Config, liveState: LiveState, link: Link) {
    [this.#config, this.#liveState, this.#link] = [config, liveState, link];
    this.folders = new MediaFolders(() => config.dashboard.folders ?? [os.homedir(), ...liveState.folders()]);
  }

  /** Starts a job in the background. Like the command, it goes on with a job that is the same. */
  async submit(
    { input, output, ...flags }: Submit,
    signal: AbortSignal,
  ): Promise<{ job: string; output: string; status: 'started' | 'finished before' }> {
    const named: UpscaleFlags = {
      ...flags,
      ...(output !== undefined && { output: await this.folders.insideNew(output) }),
    };
    const file = await this.folders.inside(input);
    const job = await this.#reading.pass(signal, () => resolveJob(file, named, this.#config, { called: input }));
    const { spec } = job;
    await this.folders.insideNew(resolveRooted(this.#config.roots, spec.output));
    const answer = { job: spec.jobKey, output: resolveRooted(this.#config.roots, spec.output) };
    if (await finishedBefore(job, this.#config, flags.overwrite)) return { ...answer, status: 'finished before' };
    await refuseWithoutSpace(job, this.#config);
    await refuseWithoutDevice(job, this.#config);
    await refuseWithoutEncoder(job, this.#config);
    await this.#start(spec, job);
    return { ...answer, status: 'started' };
  }

  async pause(jobKey: string): Promise<{ job?: Job }> {
    const { client } = await this.#link.reach();
    await pauseJob(client, await this.#stored(jobKey), 'by the user');
    return this.#now(jobKey);
  }

  async resume(jobKey: string): Promise<{ job?: Job }> {
    const { report, spec } = await this.#stored(jobKey);
    if (report) throw new UserError('the job is done');
    await this.#start(spec);
    return this.#now(jobKey);
  }

  async cancel(jobKey: string, discard: boolean): Promise<{ job?: Job }> {
    const job = await this.#stored(jobKey);
    if ((job.report || job.ended) && discard) await discardJob(this.#config.roots, job.spec);
    else await cancelJob(this.#config, (await this.#link.reach()).client, job, discard);
    return this.#now(jobKey);
  }

  /** Delivers a result that did not pass its checks. The page has shown what is wrong with it and asked. */
  async publish(jobKey: string, overwrite: boolean): Promise<{ job?: Job }> {
    const job = await this.#stored(jobKey);
    const rejected = await requireRejected(this.#config, job);
    await this.folders.insideNew(resolveRooted(this.#config.roots, job.spec.output));
    const { client, info } = await this.#link.reach();
    const spec = await acceptResult(this.#config, job, rejected, overwrite);
    const { workflowId } = await startJob(this.#config, { client, lease: { info } }, spec);
    await this.#link.keep(workflowId);
    return this.#now(jobKey);
  }

  async estimate(asked: EstimateRequest, signal: AbortSignal): Promise<Estimate> {
    const named = { ...asked, input: await this.folders.inside(asked.input) };
    if (!asked.measure) return this.#reading.pass(signal, () => estimate(this.#config, named, signal));
    return this.#measuring.pass(signal, () => {
      // Both would be slower, and what is measured would not be true.
      const busy = this.#liveState.workingHere();
      if (busy)
        throw new UserError(
          `${busy.inputName} is at work on this machine: it is measured while no job is, or pause that one`,
        );
      return this.#reading.pass(signal, () => estimate(this.#config, named, signal));
    });
  }

  async choices(): Promise<Choices> {
    const models = (await listModels(this.#config.roots.models)).map(({ name, goodFor, variants }) => ({
      name,
      scales: variants.map(({ scale }) => scale),
      ready: variants.some(({ pulled }) => pulled),
      ...(goodFor !== undefined && { about: goodFor }),
    }));
    const isReady = (model: string): boolean =>
      isFilter(model) || models.some(({ name, ready }) => name === model && ready);
    const filters = (['bicubic', 'lanczos'] as const).map((name) => ({
      name,
      scales: [1, 2, 3, 4, 5, 6, 7, 8],
      ready: true,
      about: 'a filter: fast on any machine',
    }));
    const presets = await Promise.all(
      Object.keys(PRESETS).map(async (name) => {
        const preset = name as keyof typeof PRESETS;
        const model = await chosenModel({ preset }, { gpu: false, modelsRoot: this.#config.roots.models });
        return { name, model, ready: isReady(model) };
      }),
    );
    return {
      presets,
      models: [...models, ...filters],
      folders: await this.folders.list(),
    };
  }

  /** @param newJob where the job is new: what it is expected to take is kept beside it. */
  async #start(spec: StoredJob['spec'], newJob?: JobToEstimate): Promise<void> {
    const { client, info } = await this.#link.reach();
    await recordJob(this.#config, spec);
    if (newJob) await storeEstimate(this.#config, newJob);
    const { workflowId } = await startJob(this.#config, { client, lease: { info } }, spec);
    await this.#link.keep(workflowId);
    await this.#liveState.lookNow(spec.jobKey);
  }

  /** From the disk itself: the live state may not have seen it yet. */
  async #stored(jobKey: string): Promise<StoredJob> {
    const job = await readStored(this.#config.roots, jobKey);
    if (!job) throw new UserError('there is no such job');
    return job;
  }

  async #now(jobKey: string): Promise<{ job?: Job }> {
    const job = await this.#liveState.lookNow(jobKey);
    return job ? { job } : {};
  }
}
