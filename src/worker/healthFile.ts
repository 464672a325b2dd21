import { accessSync, constants, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../lib/errors.js';

/** Whoever looks takes a file that is older than a minute for a sign of a process that hangs. */
const RENEW_MS = 10_000;

export interface HealthFile {
  /** Writes or removes the file at once. */
  look(): void;
  /** Removes it. */
  end(): void;
}

/**
 * A file that is there, never older than 10 seconds, while all is well: a health check needs no more than `find`.
 * @throws UserError where it cannot be written.
 */
export function keepHealthFile(file: string, isWell: () => boolean): HealthFile {
  const look = (): void => {
    if (isWell()) writeFileSync(file, `${new Date().toISOString()}\n`);
    else rmSync(file, { force: true });
  };
  try {
    // Not by writing it: whoever looks at that moment would take it for health.
    accessSync(path.dirname(path.resolve(file)), constants.W_OK);
    look();
  } catch (error) {
    throw new UserError(`--health-file: ${(error as Error).message}`);
  }
  const timer = setInterval(look, RENEW_MS);
  return {
    look,
    end: () => {
      clearInterval(timer);
      rmSync(file, { force: true });
    },
  };
}
