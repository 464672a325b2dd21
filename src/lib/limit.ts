/**
 * Runs work that must end: its signal aborts when `signal` does, or after `ms` milliseconds with a `TimeoutError`. One
 * controller that a timer and a listener hold: on Node 20 `AbortSignal.any([…, AbortSignal.timeout(ms)])` never aborts
 * once the timeout was collected.
 */
export async function withLimit<T>(
  ms: number,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const forward = (): void => {
    limit.abort(signal?.reason);
  };
  const timer = setTimeout(() => {
    limit.abort(new DOMException(`not done within ${ms / 1000} s`, 'TimeoutError'));
  }, ms);
  if (signal?.aborted) forward();
  else signal?.addEventListener('abort', forward, { once: true });
  try {
    return await work(limit.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', forward);
  }
}
