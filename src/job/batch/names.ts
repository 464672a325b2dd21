import path from 'node:path';
import { z } from 'zod';
import { digestOf } from '../../lib/digest.js';
import { fitName } from '../../lib/fitName.js';
import { belowSchema, rootedPathSchema } from '../spec.js';

const batchInputSchema = z.object({
  input: rootedPathSchema,
  /** Folder below the output folder, with slashes; empty for the output folder itself. */
  subfolder: z.union([z.literal(''), belowSchema]),
});
export type BatchInput = z.infer<typeof batchInputSchema>;

/** inputs.json; a list alone in earlier releases. */
export const inputsSchema = z.preprocess(
  (value) => (Array.isArray(value) ? { inputs: value } : value),
  z.object({ inputs: z.array(batchInputSchema) }),
);

/** Path of an input below its root -> path of its result below the output folder. */
export const namesSchema = z.record(z.string(), belowSchema);
export type Names = z.infer<typeof namesSchema>;

/**
 * Gives each input a result's name of its own: `NAME.x4.mp4`, or with its extension in it where another one has that
 * name (`NAME.mkv.x4.mp4`), or with a digest of its path. What was given before stays, so no later file changes it.
 */
export function nameResults(inputs: readonly BatchInput[], before: Names, ending: string): Names {
  const names: Names = { ...before };
  const taken = new Set(Object.values(names));
  for (const { input, subfolder } of inputs) {
    if (names[input.path] !== undefined) continue;
    const { name, base } = path.parse(input.path);
    const digest = digestOf(input.path).slice(0, 8);
    const free = [fitName(name, ending), fitName(base, ending), fitName(base, `.${digest}${ending}`)]
      .map((each) => path.posix.join(subfolder, each))
      .find((each) => !taken.has(each));
    if (free === undefined) throw new Error(`no name is left for ${input.path}`);
    names[input.path] = free;
    taken.add(free);
  }
  return names;
}
