import { EXIT } from './exit.js';

const NAMES = ['SIGINT', 'SIGTERM'] as const;

/** Aborted by the first Ctrl-C; the second leaves at once. @returns also what ends the listening. */
function listen(): { signal: AbortSignal; end: () => void } {
  const stop = new AbortController();
  const interrupt = (): void => {
    if (stop.signal.aborted) process.exit(EXIT.interrupted);
    stop.abort();
  };
  for (const name of NAMES) process.on(name, interrupt);
  return {
    signal: stop.signal,
    end: () => {
      for (const name of NAMES) process.off(name, interrupt);
    },
  };
}

/** For the rest of the process. */
export const stopSignal = (): AbortSignal => listen().signal;

/** While some work is done: behind it, Ctrl-C is what it was. */
export async function stoppable<T>(work: (stop: AbortSignal) => Promise<T>): Promise<T> {
  const { signal, end } = listen();
  try {
    return await work(signal);
  } finally {
    end();
  }
}

/**
 * Runs a command that leaves nothing behind when it is given up: it clears up as it ends.
 * @returns the command's exit code, or the one for an interruption.
 */
export const interruptible = (command: (signal: AbortSignal) => Promise<number>): Promise<number> =>
  stoppable(async (stop) => {
    try {
      return await command(stop);
    } catch (error) {
      if (stop.aborted) return EXIT.interrupted;
      throw error;
    }
  });
