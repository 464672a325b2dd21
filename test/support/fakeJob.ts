import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import type { ControlActivities, EncodeActivities, UpscaleActivities } from '../../src/job/contracts.js';

type Activities = ControlActivities & EncodeActivities & UpscaleActivities;

/** Activities without media: they remember what was asked of them, and a test may replace each. */
export class FakeJob {
  readonly calls: string[] = [];
  readonly ended: { state: string; discard: boolean }[] = [];
  /** Segments that lie upscaled on the disk, and the most that ever did. */
  waiting = 0;
  mostWaiting = 0;
  readonly activities: Activities;

  constructor(segments: number[], replaced: Partial<Activities> = {}) {
    const said =
      <A extends unknown[], R>(name: string, act: (...args: A) => Promise<R> | R) =>
      async (...args: A): Promise<R> => {
        const first = args[0] as { segment?: number } | undefined;
        this.calls.push(first?.segment === undefined ? name : `${name} ${first.segment}`);
        return act(...args);
      };
    const defaults: Activities = {
      probe: () => Promise.resolve({ frames: segments.reduce((a, b) => a + b, 0), seekable: true }),
      conformSource: () => Promise.resolve({ decoded: 99, promised: 100, damaged: true }),
      traceSource: () => Promise.resolve(),
      planSegments: () => Promise.resolve({ frames: segments.reduce((a, b) => a + b, 0), segments }),
      upscaleSegment: () => {
        this.mostWaiting = Math.max(this.mostWaiting, ++this.waiting);
        return Promise.resolve({ reused: 0 });
      },
      encodeSegment: () => Promise.resolve({ reused: 0 }),
      checkSegment: () => Promise.resolve({ ok: true, problems: [] }),
      deleteMezzanine: () => {
        this.waiting--;
        return Promise.resolve();
      },
      concatSegments: () => Promise.resolve(),
      mergeAudio: () => Promise.resolve({ warnings: [] }),
      verifyDeliverable: () => Promise.resolve({ ok: true, problems: [] }),
      publish: ({ reusedFrames }) =>
        Promise.resolve({
          job: 'j',
          status: 'done',
          output: '/o.mp4',
          frames: 1,
          inferredFrames: 0,
          duplicateFrames: 0,
          reusedFrames,
          seconds: 1,
          fps: 1,
          bytes: 1,
          sha256: '0'.repeat(64),
          warnings: [],
        }),
      recordEnd: ({ state, discard }) => {
        this.ended.push({ state, discard });
        return Promise.resolve();
      },
    };
    this.activities = Object.fromEntries(
      Object.entries({ ...defaults, ...replaced }).map(([name, act]) => [
        name,
        said(name, act as () => Promise<unknown>),
      ]),
    ) as unknown as Activities;
  }

  count(call: string): number {
    return this.calls.filter((entry) => entry === call).length;
  }
}

/**
 * What works beside each other, held until it is cancelled: the test server hangs at the cancellation of an activity
 * that has just ended.
 */
export const heldWork = (isHeld = () => true): Pick<Activities, 'encodeSegment' | 'traceSource'> => ({
  encodeSegment: () => (isHeld() ? untilCancelled() : Promise.resolve({ reused: 0 })),
  traceSource: () => (isHeld() ? untilCancelled() : Promise.resolve()),
});

/** Heartbeats until it is cancelled, as an activity at work does. */
export async function untilCancelled(): Promise<never> {
  const context = Context.current();
  const timer = setInterval(() => {
    context.heartbeat({ durableFrame: 0, frame: 0 });
  }, 50);
  try {
    await context.cancelled;
  } catch (error) {
    if (!(error instanceof CancelledFailure)) throw error;
    throw error;
  } finally {
    clearInterval(timer);
  }
  throw new Error('cancelled resolved');
}

export const failing = (type: string, message = type): Error => ApplicationFailure.nonRetryable(message, type);
