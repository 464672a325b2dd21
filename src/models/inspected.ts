import { z } from 'zod';
import { sha256Schema } from '../job/spec.js';

/** What an ONNX file turned out to be when it was tried. */
export const inspectedSchema = z.object({
  /** SHA-256 of the file. */
  digest: sha256Schema,
  /** Output pixels for each source pixel in both directions. */
  scale: z.number().int().min(1).max(8),
  /** luma: one channel in and out. */
  pixels: z.enum(['rgb', 'luma']),
  /** Of its input and output. */
  precision: z.enum(['fp32', 'fp16']),
  /** Height and width must be multiples of it. */
  alignment: z.number().int().min(1),
  /** The only size of picture that it takes, in source pixels. */
  fixed: z.object({ width: z.number().int().min(1), height: z.number().int().min(1) }).optional(),
  /**
   * Source pixels around a pixel that its result depends on; left out where that is everything, or cannot be told from
   * the graph.
   */
  radius: z.number().int().min(0).optional(),
  /**
   * Peak memory of inference for each source pixel of a tile, in bytes, on the CPU in fp32; measured, so an estimate.
   */
  bytesPerPixel: z.number().int().min(1),
  /** Learned numbers. */
  parameters: z.number().int().min(0),
});
export type Inspected = z.infer<typeof inspectedSchema>;

/** What the inspecting process prints. A problem ends a sentence that begins with the file's name. */
export const answerSchema = z.union([z.object({ inspected: inspectedSchema }), z.object({ problem: z.string() })]);
export type Answer = z.infer<typeof answerSchema>;
