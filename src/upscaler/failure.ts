import { DiskFull, SegmentMismatch, UserError, WorldError } from '../lib/errors.js';
import { hasCode, isSystemError } from '../lib/systemErrors.js';
import type { FailureKind } from './protocol.js';

export interface Failure {
  kind: FailureKind;
  message: string;
}

/** Errors cross processes and threads as a kind and a message. */
export function toFailure(error: unknown): Failure {
  if (error instanceof UserError) return { kind: 'user', message: error.message };
  if (error instanceof SegmentMismatch) return { kind: 'mismatch', message: error.message };
  if (error instanceof DiskFull) return { kind: 'disk', message: error.message };
  if (hasCode(error, 'ENOSPC', 'EDQUOT')) return { kind: 'disk', message: 'no space left on the disk' };
  if (error instanceof WorldError || isSystemError(error)) return { kind: 'world', message: error.message };
  return { kind: 'bug', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

export function toError({ kind, message }: Failure): Error {
  switch (kind) {
    case 'user':
      return new UserError(message);
    case 'mismatch':
      return new SegmentMismatch(message);
    case 'disk':
      return new DiskFull(message);
    case 'world':
      return new WorldError(message);
    case 'bug':
      return new Error(message);
  }
}
