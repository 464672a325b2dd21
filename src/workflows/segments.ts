import { TimeoutType } from '@temporalio/common';
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  sleep,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { SegmentRef, UpscaleVideoInput } from '../job/contracts.js';
import { followedPart } from '../job/following.js';
import type { SegmentChecks } from './checks.js';
import type { Activities } from './stages.js';
import type { JobState } from './state.js';

/** Times that one segment may be sent back because a part on the disk was found damaged. */
const MAX_REPAIRS = 5;

/** Seconds after which a tag whose workers are away is offered a segment again, at most. */
const LONGEST_WAIT = 300;

export function failureType(error: unknown): string | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof ApplicationFailure ? (cause.type ?? undefined) : undefined;
}

/**
 * Takes every segment through upscale and encode. Upscale lanes fill the devices; segments that are being upscaled
 * or wait for their encode are bounded by what the disk may hold, as the plan says. Where the plan says so too, or the
 * first segments show that the device is fast, an encode begins when its segment's first upscaled part is durable, and
 * follows.
 * @param checks of what is encoded; older jobs have none.
 */
export async function runSegments(
  input: UpscaleVideoInput,
  state: JobState,
  activities: Activities,
  checks: SegmentChecks | undefined,
): Promise<void> {
  const toUpscale: number[] = [];
  const toEncode: number[] = [];
  /** Being upscaled, with an encode that follows or is about to. */
  const followed = new Set<number>();
  const repairs = new Map<number, number>();
  let open = 0;
  let backlog = 0;
  for (const [index, segment] of state.segments.entries()) {
    if (segment.state === 'encoded') continue;
    open++;
    // What an interrupted run had upscaled is found on the disk again within moments.
    segment.state = 'waiting';
    (input.method === 'model' ? toUpscale : toEncode).push(index);
  }
  const ref = (segment: number): SegmentRef => ({
    jobKey: input.jobKey,
    upscaleKey: input.upscaleKey,
    from: state.from,
    segment,
  });
  const following = () => (state.follow === undefined ? {} : { follow: state.follow });
  state.onBegun = (segment) => {
    if (state.segments[segment]?.state !== 'upscaling' || followed.has(segment)) return;
    followed.add(segment);
    toEncode.push(segment);
  };
  const summary = (segment: number) => ({ summary: `segment ${segment + 1} of ${state.segments.length}` });
  const mark = (segment: number, mark: JobState['segments'][number]['state']) => {
    const entry = state.segments[segment];
    if (entry) entry.state = mark;
  };

  /** The lowest segment of a queue, once one is there and may start; undefined when all are encoded. */
  async function next(queue: number[], mayStart: () => boolean): Promise<number | undefined> {
    const ready = () => queue.length > 0 && mayStart();
    // Several lanes wake at the same change; all but the first find it taken and wait again.
    while (open > 0 && !ready()) await condition(() => open === 0 || ready());
    if (open === 0) return undefined;
    // Counted before another lane looks.
    if (queue === toUpscale) backlog++;
    return queue.shift();
  }

  async function upscaleLane(upscale: Activities['upscale'][number]): Promise<void> {
    for (let refused = 0; ; ) {
      const segment = await next(toUpscale, () => backlog < state.backlog);
      if (segment === undefined) return;
      mark(segment, 'upscaling');
      try {
        const { reused, fps } = await upscale.upscaleSegment.executeWithOptions(summary(segment), [
          { ...ref(segment), ...following() },
        ]);
        state.reusedFrames += reused;
        if (state.encodeSeconds !== undefined) state.follow ??= followedPart(fps, state.encodeSeconds);
      } catch (error) {
        if (!wasNotTaken(error)) throw error;
        backlog--;
        mark(segment, 'waiting');
        giveBack(toUpscale, segment);
        // A tag whose workers are away for days must not fill the history.
        await sleep(1000 * Math.min(LONGEST_WAIT, 2 ** refused++));
        continue;
      }
      refused = 0;
      mark(segment, followed.has(segment) ? 'encoding' : 'upscaled');
      if (!followed.delete(segment)) toEncode.push(segment);
      state.show();
    }
  }

  async function encodeLane(): Promise<void> {
    for (;;) {
      const segment = await next(toEncode, () => true);
      if (segment === undefined) return;
      // A segment that is followed stays one that is being upscaled, for as long as it is.
      if (!followed.has(segment)) mark(segment, 'encoding');
      try {
        const { reused, unfinished } = await activities.encode.encodeSegment.executeWithOptions(summary(segment), [
          { ...ref(segment), ...(followed.has(segment) && following()) },
        ]);
        if (input.method === 'filter') state.reusedFrames += reused;
        if (unfinished) {
          if (!followed.delete(segment)) giveBack(toEncode, segment);
          continue;
        }
      } catch (error) {
        // The upscale makes again what is damaged, or is sent back once it has ended.
        if (failureType(error) === 'PartDamaged' && followed.delete(segment)) continue;
        if (failureType(error) !== 'PartDamaged' || !mayRepair(repairs, segment)) throw error;
        state.notice(`segment ${segment + 1}: ${messageOf(error)}`);
        mark(segment, 'waiting');
        if (input.method === 'model') backlog--;
        giveBack(input.method === 'model' ? toUpscale : toEncode, segment);
        continue;
      }
      // It has ended but for its last word: until then the upscaled frames are its own.
      if (followed.has(segment)) await condition(() => !followed.has(segment));
      if (input.method === 'model') {
        if (!input.keepMezzanine) await activities.control.deleteMezzanine(ref(segment));
        backlog--;
      }
      mark(segment, 'encoded');
      checks?.add(segment);
      open--;
      state.show();
    }
  }

  // One lane more than devices keeps the next segment queued, so that no device waits for the workflow between two.
  const lanes =
    input.method === 'filter'
      ? []
      : activities.upscale.flatMap((upscale) =>
          Array.from({ length: input.devices + 1 }, () => () => upscaleLane(upscale)),
        );
  const encodes = Array.from({ length: input.encodeSlots }, () => encodeLane);
  await allOrNone([...lanes, ...encodes, ...(checks?.lanes() ?? [])]);
}

/** Runs all; at the first failure the others are cancelled, and have committed their parts before it is thrown. */
async function allOrNone(tasks: (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  await CancellationScope.cancellable(async () => {
    const scope = CancellationScope.current();
    await Promise.all(
      tasks.map(async (task) => {
        try {
          await task();
        } catch (error) {
          failures.push(error);
          scope.cancel();
        }
      }),
    );
  });
  if (failures.length > 0) throw failures[0];
}

function mayRepair(repairs: Map<number, number>, segment: number): boolean {
  const count = (repairs.get(segment) ?? 0) + 1;
  repairs.set(segment, count);
  return count <= MAX_REPAIRS;
}

function giveBack(queue: number[], segment: number): void {
  queue.push(segment);
  queue.sort((a, b) => a - b);
}

function wasNotTaken(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof TimeoutFailure &&
    error.cause.timeoutType === TimeoutType.SCHEDULE_TO_START
  );
}

export const messageOf = (error: unknown): string =>
  error instanceof ActivityFailure && error.cause
    ? error.cause.message
    : error instanceof Error
      ? error.message
      : String(error);
