import type { JobReport } from '../job/contracts.js';

/** What the exit codes mean to a script. */
export const EXIT = {
  done: 0,
  failed: 1,
  /** Wrong use or bad input; nothing was started. */
  usage: 2,
  /** Delivered, but from a damaged source, or although it did not pass its checks. */
  damaged: 3,
  /** Interrupted; the same command goes on. */
  interrupted: 130,
} as const;

/** What a finished job means to a script. */
export const exitOf = ({ damaged, accepted }: Pick<JobReport, 'damaged' | 'accepted'>): number =>
  damaged || accepted ? EXIT.damaged : EXIT.done;
