import { ApplicationFailure, condition } from '@temporalio/workflow';
import type { SegmentRef, UpscaleVideoInput } from '../job/contracts.js';
import type { Activities } from './stages.js';
import type { JobState } from './state.js';

/**
 * Checks each segment as soon as it is encoded, beside the work on the others: a bad one ends the job at once, and the
 * last check has no picture to decode.
 */
export class SegmentChecks {
  readonly #waiting: number[] = [];
  /** Segments that no lane has taken yet. */
  #left = 0;
  readonly #input: UpscaleVideoInput;
  readonly #state: JobState;
  readonly #activities: Activities;

  constructor(input: UpscaleVideoInput, state: JobState, activities: Activities) {
    this.#input = input;
    this.#state = state;
    this.#activities = activities;
    for (const [index, segment] of state.segments.entries()) {
      if (segment.checked) continue;
      this.#left++;
      if (segment.state === 'encoded') this.#waiting.push(index);
    }
  }

  /** A segment is encoded. */
  add(segment: number): void {
    if (!this.#state.segments[segment]?.checked) this.#waiting.push(segment);
  }

  /** To be run beside those that encode. */
  lanes(): (() => Promise<void>)[] {
    const lanes = Array.from({ length: this.#input.encodeSlots }, () => () => this.#lane());
    return this.#state.from === 'source' ? [() => this.#trace(), ...lanes] : lanes;
  }

  /** Segments seek in the source: what a straight decode gives is found out meanwhile. */
  #trace(): Promise<void> {
    const { jobKey, upscaleKey } = this.#input;
    return this.#activities.control.traceSource({ jobKey, upscaleKey });
  }

  async #lane(): Promise<void> {
    for (;;) {
      // Several lanes wake at the same change; all but the first find it taken and wait again.
      while (this.#left > 0 && this.#waiting.length === 0)
        await condition(() => this.#left === 0 || this.#waiting.length > 0);
      const index = this.#waiting.shift();
      if (index === undefined) return;
      this.#left--;
      await this.#check(index);
    }
  }

  async #check(index: number): Promise<void> {
    const { jobKey, upscaleKey } = this.#input;
    const { segments, from, startedAt } = this.#state;
    const ref: SegmentRef = { jobKey, upscaleKey, from, segment: index };
    const name = `segment ${index + 1} of ${segments.length}`;
    const { ok, problems } = await this.#activities.encode.checkSegment.executeWithOptions({ summary: name }, [
      { ...ref, startedAt },
    ]);
    if (!ok)
      throw ApplicationFailure.nonRetryable(`${name} did not pass its check: ${problems.join('; ')}`, 'NotVerified');
    const segment = segments[index];
    if (segment) segment.checked = true;
    this.#state.show();
  }
}
