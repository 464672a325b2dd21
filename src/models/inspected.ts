import { z } from 'zod';
import { sha256Schema } from '../job/spec.js';

/** What an ONNX file turned out to be when it was tried. */
export const inspectedSchema = z.object({
  /** SHA-256 of the file. */
  digest: sha256Schema,
  /** Output pixels for each source pixel in both directions. */
  scale: z.number().int().min(1).max(8),
  channels: z.literal(3),
  inputName: z.string(),
  outputName: z.string(),
  /** Of its input and output. */
  precision: z.literal('fp32'),
  /** False when it takes pictures of one height or width only. */
  dynamic: z.boolean(),
});
export type Inspected = z.infer<typeof inspectedSchema>;

/** What the inspecting process prints. A problem ends a sentence that begins with the file's name. */
export const answerSchema = z.union([z.object({ inspected: inspectedSchema }), z.object({ problem: z.string() })]);
export type Answer = z.infer<typeof answerSchema>;
