import { ApplicationFailure } from '@temporalio/activity';
import type { Segment } from '../job/plan.js';
import type { Run } from './context.js';

/** Attempts in a row without a new durable frame after which a segment fails. */
const MAX_STALLED = 5;

/**
 * Attempts are limited by progress, not by number: a machine that restarts every hour still arrives.
 * @param next the first frame, over the whole video, that is not durable yet.
 */
export function countAttempt(job: Run, segment: Segment, next: number): void {
  const { previous } = job;
  const durable = next - segment.startFrame;
  const stalled = previous?.stalled !== undefined && previous.durableFrame >= durable ? previous.stalled + 1 : 0;
  if (stalled >= MAX_STALLED) {
    throw ApplicationFailure.nonRetryable(
      `frame ${next} was not reached in ${MAX_STALLED} attempts in a row: the worker's log says why`, 'NoProgress');
  }
  job.report({ segment: segment.index, durableFrame: durable, frame: durable, stalled });
}
