import { ApplicationFailure, Context } from '@temporalio/activity';
import { failing } from './fakeJob.js';

/** What becomes of an activity at hand. `commit`: its part is durable. */
export const HAPPENINGS = ['commit', 'die', 'shutDown', 'diskFull'] as const;
export type Happening = (typeof HAPPENINGS)[number];

/**
 * Encodes that work until the test says what becomes of them; one that is cancelled commits its part first, which
 * takes until then too.
 */
export class Played {
  readonly recorded: string[] = [];
  readonly running = new Set<(how: Happening) => void>();
  /** From now on everything is done at once. */
  released = false;

  readonly encodeSegment = async (): Promise<{ reused: number }> => {
    if (this.released) return { reused: 0 };
    const context = Context.current();
    const timer = setInterval(() => {
      context.heartbeat({ durableFrame: 0, frame: 0 });
    }, 20);
    const how = await new Promise<Happening>((resolve) => {
      this.running.add(resolve);
    });
    clearInterval(timer);
    if (how === 'diskFull') throw failing('DiskFull', 'the disk is full');
    if (how === 'shutDown')
      throw ApplicationFailure.create({
        type: 'Shutdown',
        message: 'the worker is stopping',
        nextRetryDelay: '1 millisecond',
      });
    if (how === 'die')
      throw ApplicationFailure.create({
        type: 'WorldError',
        message: 'the upscaler died',
        nextRetryDelay: '1 millisecond',
      });
    if (context.cancellationSignal.aborted) await context.cancelled;
    return { reused: 0 };
  };

  happen(how: Happening): void {
    for (const end of this.running) end(how);
    this.running.clear();
  }

  release(): void {
    this.released = true;
    this.happen('commit');
  }
}
