import { expect } from 'vitest';
import { UserError } from '../../../src/lib/errors.js';
import { readStateDict } from '../../../src/models/torch/read.js';
import type { TestState } from '../../support/torch.js';

export const values = [0, 1, -2, 0.5, 8, -0.25];
export const state: TestState = { w: { dims: [2, 3], values }, b: { dims: [2], values: [3, 4] } };

/** Why a file cannot be read, in one line. */
export async function messageOf(file: Uint8Array): Promise<string> {
  try {
    await readStateDict(file);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).not.toContain('\n');
    return (error as Error).message;
  }
  throw new Error('it was read');
}
