import type { z } from 'zod';
import type { Config } from '../../temporal.config.js';
import { workflowIdOf } from '../client/connection/connect.js';
import { jobLayout, type Roots } from '../job/layout.js';
import { rejectedResult } from '../job/rejected.js';
import type { JobSpec } from '../job/spec.js';
import { overlookDamage, readJson } from '../lib/durable.js';
import { exists } from '../lib/files.js';
import { ignoreKnown } from '../lib/systemErrors.js';
import { Trouble } from '../lib/trouble.js';
import { formatWindow } from '../media/picture/crop.js';
import { durableOf } from './durableFrames.js';
import { HistoryReader } from './history.js';
import type { Shown } from './jobCache.js';
import type { Link } from './link.js';
import type { LiveState } from './liveState.js';
import { logOf, pendingRetries } from './log.js';
import type { Observation } from './observation.js';
import { checksSchema, type JobDetail, type LogEntry, type Segment } from './schemas/jobs.js';

/** Of a stored report of the verification; versions may add to it. */
const verifiedSchema = checksSchema.omit({ page: true, rejected: true });

/** Jobs whose histories are kept in memory. */
const HISTORIES = 8;

/** All but the speed, of which everybody knows another part. */
export interface SharedDetail {
  detail: Omit<JobDetail, 'speed'>;
  /** The same as JSON. */
  text: string;
}

/** Everything that the page about one job shows. */
export class Details {
  readonly #config: Config;
  readonly #liveState: LiveState;
  readonly #link: Link;
  readonly #readers = new Map<string, { reader: HistoryReader; events: number; runId: string; entries: LogEntry[] }>();

  readonly #noHistory: Trouble;
  readonly #shared = new Map<string, Promise<SharedDetail | undefined>>();
  #sharedAt = -1;

  constructor(config: Config, liveState: LiveState, link: Link, log: (line: string) => void) {
    [this.#config, this.#liveState, this.#link] = [config, liveState, link];
    this.#noHistory = new Trouble((reason) => {
      log(`the history of a job cannot be read: ${reason}`);
    });
  }

  /**
   * Put together once for all who ask between two looks of the live state.
   * @returns undefined for a job that is not there.
   */
  of(jobKey: string): Promise<SharedDetail | undefined> {
    if (this.#sharedAt !== this.#liveState.looks) this.#shared.clear();
    this.#sharedAt = this.#liveState.looks;
    const known = this.#shared.get(jobKey);
    if (known) return known;
    const made = this.#make(jobKey).then((detail) => detail && { detail, text: JSON.stringify(detail) });
    this.#shared.set(jobKey, made);
    return made;
  }

  async #make(jobKey: string): Promise<SharedDetail['detail'] | undefined> {
    const stored = this.#liveState.stored(jobKey);
    const job = this.#liveState.revisions.get(jobKey);
    if (!stored || !job) return undefined;
    const observation = this.#liveState.observation(jobKey);
    const [segments, log, checks, reach] = await Promise.all([
      this.#segments(stored, observation),
      this.#log(stored, observation),
      checksOf(this.#config.roots, stored),
      // That the server is away is said at the top of every page.
      this.#link.reach().catch(ignoreKnown),
    ]);
    const ui = reach?.info.uiUrl;
    return {
      job,
      settings: settingsOf(stored.spec),
      segments,
      log,
      ...(checks && { checks }),
      ...(stored.report && { result: stored.report }),
      ...(reach &&
        ui !== undefined && {
          temporalUrl: `${ui}/namespaces/${reach.info.namespace}/workflows/${workflowIdOf(jobKey)}`,
        }),
    };
  }

  /** What the server says, or what the plan on the disk says of a job that nobody works on. */
  async #segments({ spec, report }: Shown, observation: Observation | undefined): Promise<Segment[]> {
    if (observation && observation.segments.length > 0 && !report) return observation.segments;
    const durable = await durableOf(this.#config.roots, spec);
    return (durable?.segments ?? []).map(({ frames, done }) => ({
      frames,
      state: report ? 'encoded' : 'waiting',
      done: report ? 1 : done / frames,
    }));
  }

  async #log({ spec, ended, report }: Shown, observation: Observation | undefined): Promise<LogEntry[]> {
    const over = report !== undefined || ended !== undefined;
    // The rest of the page is shown without it.
    const known = await this.#history(spec.jobKey, observation, over).catch((error: unknown): LogEntry[] => {
      this.#noHistory.met(error);
      return [];
    });
    const notes: LogEntry[] = [...(observation?.progress?.notices ?? []), ...(report?.warnings ?? [])].map((text) => ({
      kind: 'note',
      text,
    }));
    const end: LogEntry[] =
      ended && !known.some(({ kind }) => kind === 'end') ? [{ at: ended.at, kind: 'end', text: ended.message }] : [];
    return [...known, ...pendingRetries(observation?.pending ?? []), ...uniqueTexts(notes), ...end];
  }

  /**
   * @param over whether the job has ended. Then nobody looks at it any more, and its last events came after the last
   * look.
   */
  async #history(jobKey: string, observation: Observation | undefined, over: boolean): Promise<LogEntry[]> {
    const before = this.#readers.get(jobKey);
    const isNew = over
      ? before?.entries.at(-1)?.kind !== 'end'
      : observation !== undefined && (before?.events !== observation.events || before.runId !== observation.runId);
    if (before && !isNew) return before.entries;
    const { client } = await this.#link.reach();
    const runId = observation?.runId ?? (await client.workflow.getHandle(workflowIdOf(jobKey)).describe()).runId;
    const reader = before?.reader ?? new HistoryReader();
    const entries = logOf(await reader.read(client, jobKey, runId));
    this.#readers.delete(jobKey);
    this.#readers.set(jobKey, { reader, events: observation?.events ?? 0, runId, entries });
    for (const oldest of this.#readers.keys()) {
      if (this.#readers.size <= HISTORIES) break;
      this.#readers.delete(oldest);
    }
    return entries;
  }
}

const uniqueTexts = (entries: LogEntry[]): LogEntry[] =>
  entries.filter(({ text }, i) => entries.findIndex((other) => other.text === text) === i);

async function checksOf(roots: Roots, stored: Shown): Promise<JobDetail['checks']> {
  const layout = jobLayout(roots, stored.spec);
  const verified: z.infer<typeof verifiedSchema> | undefined = await readJson(layout.verified, verifiedSchema).catch(
    overlookDamage,
  );
  return (
    verified && {
      ...verified,
      page: await exists(layout.verifiedPage),
      rejected: (await rejectedResult(roots, stored)) !== undefined,
    }
  );
}

function settingsOf({
  method,
  encode,
  delivery,
  picture,
  tags,
  checkpointFrames,
  keepMezzanine,
}: JobSpec): [string, string][] {
  const model: [string, string][] =
    method.kind === 'filter'
      ? []
      : [
          ['precision', method.precision],
          ['tile', method.tile === 0 ? 'whole frames' : `${method.tile} px, ${method.tilePad} px around`],
          ...(method.blend > 0 ? [['blend', String(method.blend)] as [string, string]] : []),
          ...(method.denoise !== undefined ? [['denoise', String(method.denoise)] as [string, string]] : []),
        ];
  return [
    ['method', `${method.name} ×${method.scale}`],
    ...model,
    [
      'encoder',
      `${encode.codec}${encode.hardware ? ` (${encode.hardware})` : ''}, ` +
        `crf ${encode.crf}, ${encode.preset}${encode.tune ? `, ${encode.tune}` : ''}`,
    ],
    ['container', delivery.container],
    ...(picture.program !== undefined ? [['programme', String(picture.program)] as [string, string]] : []),
    ['deinterlace', picture.deinterlace],
    ...(picture.range
      ? [
          [
            'from … to',
            `${picture.range.from ?? 0} s … ${picture.range.to === undefined ? 'end' : `${picture.range.to} s`}`,
          ] as [string, string],
        ]
      : []),
    ...(picture.crop ? [['crop', formatWindow(picture.crop)] as [string, string]] : []),
    ['workers', tags.join(', ')],
    ['part', `at most ${checkpointFrames} frames`],
    ...(keepMezzanine ? [['upscaled frames', 'kept'] as [string, string]] : []),
  ];
}
