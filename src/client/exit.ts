/** What the exit codes mean to a script. */
export const EXIT = {
  done: 0,
  failed: 1,
  /** Wrong use or bad input; nothing was started. */
  usage: 2,
  /** Delivered, but from a damaged source. */
  damaged: 3,
  /** Interrupted; the same command goes on. */
  interrupted: 130,
} as const;
