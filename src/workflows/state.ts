import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { CarriedJob, From, Progress, ScanResult, Stage, UpscaleVideoInput } from '../job/contracts.js';
import { shareDone } from '../job/jobShare.js';
import { inputKey, modelKey, percentKey, stageKey } from './attributes.js';
import type { Pass } from './pass.js';
import { Requests } from './requests.js';

const NOTICES = 20;

/** What one job has reached. Results of stages are remembered here, so that a resumed run goes on behind them. */
export class JobState {
  readonly #input: UpscaleVideoInput;
  stage: Stage = 'probe';
  paused: { reason: string } | undefined;
  cancelling: { discard: boolean } | undefined;
  /** The one that runs now. */
  pass: Pass | undefined;
  /** How the job ends is decided. Only a cancel still counts then, where the job fails. */
  closing = false;
  from: From = 'source';
  scan: ScanResult | undefined;
  conformed = false;
  segments: Progress['segments'] = [];
  /** Each segment is checked as soon as it is encoded. */
  checksAlong = false;
  /** Segments that may be in the making by a device, or wait for their encode. */
  backlog: number;
  /** Encodes follow the upscale of their segments: frames in a part at most. */
  follow: number | undefined;
  /** About what a frame's encode takes. */
  encodeSeconds: number | undefined;
  /** Told by upscales that are followed, as their first parts are durable. */
  onBegun: (segment: number) => void = () => undefined;
  reusedFrames = 0;
  notices: string[] = [];
  /** Passes that were repeated because parts were found damaged at the concat. */
  repeated = 0;
  /** Somebody is to be told of the end. */
  tell: boolean;
  /** What people have asked for. */
  readonly requests: Requests;
  /** Of the first run, milliseconds since 1970. */
  readonly startedAt: number;

  constructor(input: UpscaleVideoInput) {
    this.#input = input;
    this.tell = input.tell ?? false;
    const { carried } = input;
    this.requests = new Requests(carried?.requests);
    this.backlog = carried?.backlog ?? input.devices + 1;
    this.startedAt = carried?.startedAt ?? workflowInfo().startTime.getTime();
    if (!carried) return;
    this.stage = carried.stage;
    this.paused = carried.paused;
    this.from = carried.from;
    this.scan = carried.scan;
    this.conformed = carried.conformed;
    this.segments = carried.segments.map(({ frames, encoded, checked }) => ({
      frames,
      state: encoded ? 'encoded' : 'waiting',
      ...(checked && { checked }),
    }));
    this.follow = carried.follow;
    this.encodeSeconds = carried.encodeSeconds;
    this.reusedFrames = carried.reusedFrames;
    this.repeated = carried.repeated;
    this.notices = carried.notices;
  }

  /** What the next run has to know of a job that has got as far as its segments. */
  carried(scan: ScanResult): CarriedJob {
    const {
      startedAt,
      paused,
      from,
      conformed,
      segments,
      backlog,
      follow,
      encodeSeconds,
      reusedFrames,
      repeated,
      notices,
      requests,
    } = this;
    return {
      startedAt,
      from,
      scan,
      conformed,
      backlog,
      ...(follow !== undefined && { follow }),
      ...(encodeSeconds !== undefined && { encodeSeconds }),
      reusedFrames,
      repeated,
      notices,
      requests: requests.ids,
      stage: this.#input.method === 'model' ? 'upscale' : 'encode',
      ...(paused && { paused }),
      segments: segments.map(({ frames, state, checked }) => ({
        frames,
        encoded: state === 'encoded',
        ...(checked && { checked }),
      })),
    };
  }

  enter(stage: Stage): void {
    this.stage = stage;
    this.show();
  }

  notice(text: string): void {
    if (this.notices.at(-1) !== text) this.notices = [...this.notices, text].slice(-NOTICES);
  }

  pause(reason: string): void {
    if (this.closing) return;
    this.paused = { reason };
    this.pass?.interrupt();
    this.show();
  }

  /** Does not undo that the pass at hand is ended: the next one goes on. */
  resume(): void {
    if (this.closing) return;
    this.paused = undefined;
    this.show();
  }

  cancel(discard: boolean): void {
    this.cancelling = { discard };
    this.pass?.interrupt();
  }

  progress(): Progress {
    const { stage, paused, closing, cancelling, segments, notices, encodeSeconds } = this;
    return {
      method: this.#input.method,
      stage,
      // One that ends waits for nothing.
      ...(paused && !closing && !cancelling && { paused }),
      frames: sum(segments),
      upscaledFrames: sum(segments.filter(({ state }) => state !== 'waiting' && state !== 'upscaling')),
      encodedFrames: sum(segments.filter(({ state }) => state === 'encoded')),
      // One encode more than fill the cores is begun.
      ...(encodeSeconds !== undefined && { usualEncodeFps: Math.max(1, this.#input.encodeSlots - 1) / encodeSeconds }),
      ...(this.checksAlong && { checkedFrames: sum(segments.filter(({ checked }) => checked)) }),
      segments,
      notices,
    };
  }

  /** Makes the Temporal Web UI useful: called at the ends of stages and segments only, since each call is history. */
  show(): void {
    const percent = this.percent();
    setCurrentDetails(this.details(percent));
    if (!this.#input.searchAttributes) return;
    upsertSearchAttributes([
      { key: stageKey, value: this.paused ? 'paused' : this.stage },
      { key: percentKey, value: percent },
      { key: modelKey, value: this.#input.methodName },
      { key: inputKey, value: this.#input.inputName },
    ]);
  }

  private percent(): number {
    if (this.stage === 'done') return 100;
    const progress = this.progress();
    const { upscaledFrames, encodedFrames, checkedFrames } = progress;
    const { method } = this.#input;
    const done = { upscale: upscaledFrames, encode: encodedFrames, check: checkedFrames ?? 0 };
    return Math.floor(1000 * shareDone(method, progress, done)) / 10;
  }

  private details(percent: number): string {
    const { frames, upscaledFrames, encodedFrames } = this.progress();
    const lines = [
      `**${this.#input.inputName}** with ${this.#input.methodName}`,
      `Stage: ${this.stage}, ${percent} %`,
      ...(this.paused ? [`Paused: ${this.paused.reason}`] : []),
      ...(frames > 0
        ? [
            `Frames: ${frames}, upscaled ${upscaledFrames}, ` +
              `encoded ${encodedFrames}, in ${this.segments.length} segments`,
          ]
        : []),
      ...this.notices.map((notice) => `- ${notice}`),
    ];
    return lines.join('\n\n');
  }
}

const sum = (segments: { frames: number }[]): number => segments.reduce((total, { frames }) => total + frames, 0);
