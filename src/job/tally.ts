import { readFile } from 'node:fs/promises';
import { ignoreMissing } from '../lib/systemErrors.js';

/**
 * A file beside a segment's parts that gets one byte for each finished frame, so that frames of killed attempts count
 * too.
 */
export const TALLY_FILE = 'inferred';

export const TALLY = {
  /** The frame went through the network. */
  inferred: '.',
  /** It is the one before, byte by byte, and got the same result. */
  repeated: '=',
} as const;

/** @returns how many frames of each kind a tally holds; none where the file is missing. */
export async function readTally(file: string): Promise<{ inferred: number; repeated: number }> {
  const marks = (await readFile(file, 'latin1').catch(ignoreMissing)) ?? '';
  const repeated = marks.split(TALLY.repeated).length - 1;
  return { inferred: marks.length - repeated, repeated };
}
