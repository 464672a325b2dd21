import { z } from 'zod';

const checkSchema = z.object({
  /** What was looked at, in a few words. */
  name: z.string(),
  ok: z.boolean(),
  /** In words and numbers, for people. */
  measured: z.string(),
  expected: z.string(),
});
/** One thing that was looked at. */
export type Check = z.infer<typeof checkSchema>;

const spreadSchema = z.object({ median: z.number(), largest: z.number() });
const framesSchema = z.object({
  what: z.string(),
  frames: z.number().int(),
  runs: z.array(z.tuple([z.number().int(), z.number().int()])),
});

export const verifyReportSchema = z.object({
  ok: z.boolean(),
  /** Why the file must not be delivered, each in one line; empty when ok. */
  problems: z.array(z.string()),
  /** What is worth knowing and stops nothing, such as damage in the source's own sound. */
  warnings: z.array(z.string()),
  checks: z.array(checkSchema),
  file: z.object({ bytes: z.number().int(), sha256: z.string() }),
  /** Decoded, not promised by a header. */
  frames: z.number().int().min(0),
  expectedFrames: z.number().int().min(0),
  durationSeconds: z.number().min(0),
  /** Largest distance of a frame's time from where the source's timeline puts it. */
  largestTimeErrorSeconds: z.number().min(0),
  /** Difference of 32x24 thumbnails of output and source, root of the mean square in 8-bit code values. */
  difference: z.object({ luma: spreadSchema, chroma: spreadSchema }),
  /** Frames with something wrong, by what it is; of many runs the first ones. */
  suspicious: z.array(framesSchema),
  /** The frames that differ most from their source, worst first. */
  worst: z.array(z.object({ frame: z.number().int(), luma: z.number(), chroma: z.number() })),
  /** Damage that the decoder met in the source and concealed, the last lines. */
  sourceErrors: z.array(z.string()),
});
export type VerifyReport = z.infer<typeof verifyReportSchema>;
