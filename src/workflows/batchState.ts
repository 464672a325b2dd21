import { setCurrentDetails, upsertSearchAttributes } from '@temporalio/workflow';
import type {
  BatchProgress,
  BatchStage,
  BatchTally,
  RoundOpened,
  RunningVideo,
  UpscaleBatchInput,
} from '../job/batch/contracts.js';
import type { VideoStatus } from '../job/batch/records.js';
import { inputKey, percentKey, stageKey } from './attributes.js';
import { Requests } from './requests.js';

const FAILURES = 20;

/** What one round of a batch has reached. Its size does not depend on the number of videos. */
export class BatchState {
  readonly #input: UpscaleBatchInput;
  readonly round: string;
  stage: BatchStage = 'looking';
  paused: { reason: string } | undefined;
  /** Set when no further video may begin. `hours`: the jobs at work are paused for the next round. */
  stopping: 'hours' | 'cancelled' | undefined;
  /** Somebody is to be told of the end. */
  tell: boolean;
  /** A cancelled batch removes the parts of the jobs that it had at work. */
  discard = false;
  opened: RoundOpened = { files: 0, skipped: 0, waiting: 0, bytes: 0 };
  next = 0;
  running: RunningVideo[] = [];
  /** Videos that hold a place in the window, and those of them that an activity works on for a moment. */
  active = 0;
  busy = 0;
  tally: BatchTally = {
    done: 0,
    skipped: 0,
    failed: 0,
    cancelled: 0,
    frames: 0,
    madeBytes: 0,
    bytes: 0,
    failures: [],
  };

  /** What people have asked for. */
  readonly requests: Requests;

  constructor(input: UpscaleBatchInput, round: string) {
    this.#input = input;
    this.round = round;
    this.tell = input.tell;
    const { carried } = input;
    this.requests = new Requests(carried?.requests);
    if (!carried) return;
    this.stage = 'working';
    this.opened = carried.opened;
    this.next = carried.next;
    this.running = carried.running;
    this.tally = carried.tally;
    this.paused = carried.paused;
  }

  count(
    status: VideoStatus,
    { input, bytes }: Pick<RunningVideo, 'input' | 'bytes'>,
    frames: number,
    error?: string,
  ): void {
    const { tally } = this;
    if (status === 'done' || status === 'damaged') tally.done++;
    else if (status !== 'unfinished') tally[status]++;
    tally.frames += frames;
    tally.bytes += bytes;
    if (frames > 0) tally.madeBytes += bytes;
    if (status === 'failed') tally.failures = [...tally.failures, `${input}: ${error ?? 'failed'}`].slice(-FAILURES);
    this.show();
  }

  progress(): BatchProgress {
    const { round, stage, paused, stopping, opened, running, tally } = this;
    return {
      round,
      stage,
      // One that ends waits for nothing.
      ...(paused && stopping !== 'cancelled' && { paused }),
      files: opened.files,
      totalBytes: opened.bytes,
      skippedBefore: opened.skipped,
      waiting: opened.waiting,
      ...(opened.until !== undefined && { until: opened.until }),
      running,
      ...tally,
    };
  }

  /** For the Temporal Web UI; called when a video ends, and seldom else, since each call is history. */
  show(): void {
    const { files, bytes } = this.opened;
    const { done, skipped, failed, cancelled } = this.tally;
    const ended = done + skipped + failed + cancelled;
    setCurrentDetails(
      [
        `**${this.#input.name}**`,
        this.paused ? `Paused: ${this.paused.reason}` : `Stage: ${this.stage}`,
        `Files: ${ended} of ${files} ended, ${failed} failed`,
        ...this.tally.failures.map((failure) => `- ${failure}`),
      ].join('\n\n'),
    );
    if (!this.#input.searchAttributes) return;
    upsertSearchAttributes([
      { key: stageKey, value: this.paused ? 'paused' : this.stage },
      { key: percentKey, value: bytes > 0 ? Math.floor((1000 * this.tally.bytes) / bytes) / 10 : 0 },
      { key: inputKey, value: this.#input.name },
    ]);
  }
}
