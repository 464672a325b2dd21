import path from 'node:path';
import { roundSchema } from '../inputs.js';
import { fileKey } from '../keys.js';
import { type Roots, requireKey } from '../layout.js';
import type { RootedPath } from '../spec.js';

export const batchesFolder = (roots: Pick<Roots, 'jobs'>): string => path.join(roots.jobs, 'batches');

/**
 * ```
 * <jobs>/batches/<batchKey>/   batch.json inputs.json names.json look.json notice.json
 *                              made/<digest of an input's path>.json
 *                              rounds/<round>/{list.json,summary.json,summary.html,results/000000.json}
 * ```
 */
export function batchLayout(roots: Pick<Roots, 'jobs'>, batchKey: string) {
  const folder = path.join(batchesFolder(roots), requireKey(batchKey));
  const rounds = path.join(folder, 'rounds');
  return {
    folder,
    spec: path.join(folder, 'batch.json'),
    /** Files that the command line named, of a batch without a watched folder. */
    inputs: path.join(folder, 'inputs.json'),
    /** Which result's name each input was given: kept, so that a later file cannot take it. */
    names: path.join(folder, 'names.json'),
    /** Sizes and times of a watched folder's files at the first of two looks. */
    look: path.join(folder, 'look.json'),
    madeFolder: path.join(folder, 'made'),
    made: (input: RootedPath) => path.join(folder, 'made', `${fileKey(input)}.json`),
    rounds,
    round: (round: string) => {
      if (!roundSchema.safeParse(round).success) throw new RangeError(`${JSON.stringify(round)} is no round`);
      const own = path.join(rounds, round);
      const results = path.join(own, 'results');
      return {
        folder: own,
        list: path.join(own, 'list.json'),
        summary: path.join(own, 'summary.json'),
        page: path.join(own, 'summary.html'),
        results,
        result: (index: number) => path.join(results, `${String(index).padStart(6, '0')}.json`),
      };
    },
  };
}
