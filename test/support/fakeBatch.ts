import type { BatchActivities } from '../../src/job/batch/contracts.js';
import type { ControlActivities, UpscaleVideoInput } from '../../src/job/contracts.js';

/**
 * A batch's activities without a disk: they remember what was asked of them. Videos in `bad` cannot be made, those in
 * `made` were made before.
 */
export class FakeBatch {
  readonly prepared: number[] = [];
  readonly recorded: { index: number; unfinished: boolean }[] = [];
  readonly closed: string[] = [];
  readonly opened: { settled: boolean; scheduledAt: number }[] = [];
  looks = 0;
  /** Jobs that `lookAtJob` was asked for. */
  readonly lookedAt = new Set<string>();
  /** Jobs that `lookAtJob` says have ended. */
  private readonly ended = new Set<string>();
  /** When a round has to stop, milliseconds since 1970. */
  until: number | undefined;
  readonly activities: BatchActivities;

  constructor(
    files: number,
    job: (index: number) => UpscaleVideoInput,
    options: { bad?: number[]; made?: number[]; until?: number } = {},
  ) {
    const { bad = [], made = [] } = options;
    this.until = options.until;
    this.activities = {
      lookAtFolder: () => {
        this.looks++;
        return Promise.resolve();
      },
      openRound: ({ settled, scheduledAt }) => {
        this.opened.push({ settled, scheduledAt });
        return Promise.resolve({
          files,
          skipped: 0,
          waiting: 0,
          bytes: files * 10,
          ...(this.until !== undefined && { until: this.until }),
        });
      },
      prepareVideo: ({ index }) => {
        this.prepared.push(index);
        if (bad.includes(index))
          return Promise.resolve({
            kind: 'ended',
            status: 'failed',
            input: `${index}.mp4`,
            bytes: 10,
            error: 'cannot be read',
          });
        if (made.includes(index))
          return Promise.resolve({ kind: 'ended', status: 'skipped', input: `${index}.mp4`, bytes: 10 });
        return Promise.resolve({ kind: 'ready', job: job(index), bytes: 10 });
      },
      lookAtJob: ({ jobKey }) => {
        this.lookedAt.add(jobKey);
        return Promise.resolve({ ended: this.ended.has(jobKey) });
      },
      recordVideo: ({ index, unfinished = false }) => {
        this.recorded.push({ index, unfinished });
        return Promise.resolve({
          status: unfinished ? 'unfinished' : 'done',
          input: `${index}.mp4`,
          frames: unfinished ? 0 : 5,
        });
      },
      closeRound: ({ status }) => {
        this.closed.push(status);
        const done = this.recorded.filter(({ unfinished }) => !unfinished).length;
        return Promise.resolve({
          files,
          done,
          skipped: made.length,
          failed: bad.length,
          cancelled: 0,
          unfinished: this.recorded.length - done,
          waiting: 0,
        });
      },
    };
  }
  /** A job's activities whose ends `lookAtJob` sees, as the real one sees the records that they leave. */
  watching<A extends Pick<ControlActivities, 'publish' | 'recordEnd'>>(activities: A): A {
    return {
      ...activities,
      publish: (input) => {
        this.ended.add(input.jobKey);
        return activities.publish(input);
      },
      recordEnd: (input) => {
        this.ended.add(input.jobKey);
        return activities.recordEnd(input);
      },
    };
  }
}
