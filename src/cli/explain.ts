import { CommanderError } from 'commander';
import { DiskFull, UserError, WorldError } from '../lib/errors.js';
import { EXIT } from './exit.js';
import { log } from './say.js';

/** One clear line for what the user or the world did; everything for a bug. @returns the exit code. */
export function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof UserError || error instanceof WorldError || error instanceof DiskFull) {
    log(`reelscale: ${error.message}`);
    return error instanceof UserError ? EXIT.usage : EXIT.failed;
  }
  const refused = fileTrouble(error) ?? serverTrouble(error);
  if (refused !== undefined) {
    log(`reelscale: ${refused}`);
    return EXIT.failed;
  }
  process.stderr.write(
    `reelscale: this is a bug: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return EXIT.failed;
}

/** Of gRPC: cancelled, deadline exceeded, resource exhausted, internal, unavailable. */
const AWAY = [1, 4, 8, 13, 14];

/** A Temporal server that is ending, starting or gone. */
function serverTrouble(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, details } = (error.cause ?? error) as { code?: unknown; details?: string };
  const away =
    error.message === 'Failed to connect before the deadline' ||
    (error.name === 'ServiceError' && AWAY.includes(code as number));
  return away
    ? `the Temporal server does not answer (${details ?? error.message}): ` +
        'run the same command again, what is done is kept'
    : undefined;
}

/** What the system refuses, wherever it happens: a full disk, and files of somebody else. */
function fileTrouble(error: unknown): string | undefined {
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return undefined;
  const where = 'path' in error && typeof error.path === 'string' ? ` for ${error.path}` : '';
  switch (error.code) {
    case 'ENOSPC':
      return (
        `no space is left on the disk${where || ' of the state folder or of the output'}: ` +
        'make room, then run the same command again'
      );
    case 'EDQUOT':
      return (
        `your quota is used up on the disk${where || ' of the state folder or of the output'}: ` +
        'make room, then run the same command again'
      );
    case 'EACCES':
    case 'EPERM':
      return `permission denied${where}: it may belong to another user`;
    case 'EROFS':
      return `the disk is mounted read-only${where}`;
    default:
      return undefined;
  }
}
