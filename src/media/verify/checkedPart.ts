import path from 'node:path';
import { z } from 'zod';
import type { Part } from '../../job/parts.js';
import { sha256Schema } from '../../job/spec.js';
import { publishJson, readRemakable, takeAway } from '../../lib/durable.js';

/**
 * What the check of one encoded part has seen: published beside the part, and with it the whole check. The last check
 * judges all of them together, and decodes nothing again.
 */
const checkedPartSchema = z.object({
  start: z.number().int().min(0),
  end: z.number().int().min(1),
  /** Of the encoded file. */
  sha256: sha256Schema,
  /** What is wrong whatever the other parts hold, each in one line. */
  problems: z.array(z.string()),
  /** What decoding it gave beside pictures. */
  decoding: z.array(z.string()),
  /** Digest of its packets, and for each its place among the frames as they are shown. */
  packets: sha256Schema,
  ranks: z.array(z.number().int().min(0)),
  /** A `FrameTable`. */
  measured: z.string(),
  /** Of the source's pictures that its frames were compared with: `PictureSums`. */
  sums: z.string(),
  /** For people; JPEG in base64. */
  stills: z.array(
    z.object({
      frame: z.number().int(),
      output: z.string().exactOptional(),
      source: z.string().exactOptional(),
    }),
  ),
});
export type CheckedPart = z.infer<typeof checkedPartSchema>;

const recordOf = (folder: string, start: number): string =>
  path.join(folder, `${String(start).padStart(9, '0')}.check`);

/** What is known of a part; a record of other bytes under the same name is taken away. */
export async function readChecked(
  folder: string,
  { start, end, sha256 }: Pick<Part, 'start' | 'end' | 'sha256'>,
): Promise<CheckedPart | undefined> {
  const file = recordOf(folder, start);
  const known = await readRemakable(file, checkedPartSchema);
  if (!known || (known.start === start && known.end === end && known.sha256 === sha256)) return known;
  await takeAway(file, (text) => text.includes(JSON.stringify(known.sha256)));
  return undefined;
}

/** Two attempts see the same: the first one's stays. */
export const publishChecked = (folder: string, checked: CheckedPart): Promise<boolean> =>
  publishJson(recordOf(folder, checked.start), checked);
