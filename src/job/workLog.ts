import { appendFile, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ignoreMissing } from '../lib/systemErrors.js';

/** One stretch of time in which an activity worked on a job, in milliseconds since 1970. */
const workSchema = z.object({
  stage: z.string(),
  segment: z.number().int().optional(),
  from: z.number(),
  to: z.number(),
});
export type Work = z.infer<typeof workSchema>;

/** Notes a stretch of work as a line of its own; a job whose folder is gone needs none. */
export async function noteWork(file: string, work: Work): Promise<void> {
  await appendFile(file, `${JSON.stringify(work)}\n`).catch(ignoreMissing);
}

export const readWork = (file: string): Promise<Work[]> => readLines(file, workSchema);

/** The lines of a file that fit a schema. The last one may be cut off, by a crash. */
export async function readLines<T extends z.ZodType>(file: string, schema: T): Promise<z.infer<T>[]> {
  const text = (await readFile(file, 'utf8').catch(ignoreMissing)) ?? '';
  return text.split('\n').flatMap((line) => {
    const parsed = schema.safeParse(parsedJson(line));
    return parsed.success ? [parsed.data] : [];
  });
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Seconds in which anything worked: waits for a device, pauses and the time while everything was down do not count,
 * and what went on at once counts once.
 */
export function workedSeconds(work: readonly Work[]): number {
  let sum = 0;
  let until = -Infinity;
  for (const { from, to } of [...work].sort((a, b) => a.from - b.from)) {
    sum += Math.max(0, to - Math.max(from, until));
    until = Math.max(until, to);
  }
  return sum / 1000;
}
