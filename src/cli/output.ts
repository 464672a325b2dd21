import { fstatSync, writeSync } from 'node:fs';
import { printable } from '../lib/printable.js';

/** Goes back to the start of a terminal's line and clears it: the only control sequence that this program writes. */
export const REWRITE = '\r\x1b[K';

let failure: NodeJS.ErrnoException | undefined;
let guarded = false;

/**
 * From now on all that is written to stdout and stderr is {@link printable}, and an stdout that cannot be written is
 * remembered for {@link outputFailure}; an stderr that cannot be written is nobody's loss.
 */
export function guardOutput(): void {
  if (guarded) return;
  guarded = true;
  process.stdout.on('error', (error) => {
    failure ??= error;
  });
  process.stderr.on('error', () => undefined);
  for (const stream of [process.stdout, process.stderr]) {
    const write = stream.write.bind(stream) as (chunk: unknown, ...rest: unknown[]) => boolean;
    const toFile = stream === process.stdout && isFile(stream.fd);
    const guardedWrite = (chunk: unknown, ...rest: unknown[]): boolean => {
      if (typeof chunk !== 'string') return write(chunk, ...rest);
      const text = chunk.startsWith(REWRITE) ? REWRITE + printable(chunk.slice(REWRITE.length)) : printable(chunk);
      return toFile && rest.length === 0 ? writeWhole(stream.fd, text) : write(text, ...rest);
    };
    stream.write = guardedWrite;
  }
}

/** Why not all of what was printed arrived; undefined where it did. */
export async function outputFailure(): Promise<string | undefined> {
  // What was written before has its outcome by then.
  await new Promise<void>((resolve) => {
    process.stdout.write('', () => {
      resolve();
    });
  });
  return failure && (REASONS[failure.code ?? ''] ?? failure.message);
}

const REASONS: Record<string, string> = {
  EPIPE: 'nobody reads it any more',
  ENOSPC: 'no space is left on its disk',
  EBADF: 'it is closed',
};

function isFile(fd: number): boolean {
  try {
    const found = fstatSync(fd);
    return found.isFile() || (found.isCharacterDevice() && !process.stdout.isTTY);
  } catch {
    // It is closed: what is written says so.
    return false;
  }
}

/** Node writes once, and takes half a write for a whole one: the disk may be full behind it. */
function writeWhole(fd: number, text: string): boolean {
  let left: Uint8Array = Buffer.from(text);
  try {
    while (left.length > 0) left = left.subarray(writeSync(fd, left));
  } catch (error) {
    failure ??= error as NodeJS.ErrnoException;
  }
  return true;
}
