import { ActivityFailure, ApplicationFailure, CancellationScope, isCancellation } from '@temporalio/workflow';

/**
 * One go at the stages. Why it was ended is remembered here: what has been said since then must not be taken for the
 * reason.
 */
export class Pass {
  readonly #scope = new CancellationScope();
  /** Ended by the workflow's own wish, not by a cancellation from outside. */
  interrupted = false;
  over = false;

  /** Cancels the activities that run, which commit their part first. */
  interrupt(): void {
    if (this.over) return;
    this.interrupted = true;
    this.#scope.cancel();
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.#scope.run(work);
    } finally {
      this.over = true;
    }
  }

  /**
   * Whether an error only says that the activities ended early, as they were told. A worker that dies or stops
   * meanwhile ends them in another way: the server does not retry an activity that is to be cancelled.
   */
  endedBy(error: unknown): boolean {
    return this.interrupted && (isCancellation(error) || mayPass(error));
  }
}

/** A failure of an activity that the server would have retried, or that room on the disk mends. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof ActivityFailure)) return false;
  return !(error.cause instanceof ApplicationFailure && error.cause.nonRetryable) || error.cause.type === 'DiskFull';
}
