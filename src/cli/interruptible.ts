import { EXIT } from './exit.js';

/**
 * Runs a command that leaves nothing behind when it is given up: Ctrl-C aborts its signal, and it clears up as it
 * ends.
 * @returns the command's exit code, or the one for an interruption.
 */
export async function interruptible(command: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const stop = new AbortController();
  const interrupt = (): void => {
    stop.abort();
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  try {
    return await command(stop.signal);
  } catch (error) {
    if (stop.signal.aborted) return EXIT.interrupted;
    throw error;
  } finally {
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
  }
}
