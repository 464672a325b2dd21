import { setTimeout as sleep } from 'node:timers/promises';
import { ignoreKnown } from './systemErrors.js';

/** Resolves after a time, or once the signal aborts. @param ref false where the process may end meanwhile. */
export const idle = (ms: number, signal: AbortSignal, { ref = true } = {}): Promise<void> =>
  // The only error of a timer is that it was ended.
  sleep(ms, undefined, { signal, ref }).catch(ignoreKnown);
