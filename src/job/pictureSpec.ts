import { z } from 'zod';

/** A rectangle of a picture, in its pixels. */
export const cropWindowSchema = z.object({
  x: z.number().int().min(0),
  y: z.number().int().min(0),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
});
export type CropWindow = z.infer<typeof cropWindowSchema>;

/**
 * `double`: interlaced pictures give a frame for each field. `always`: every picture is taken for interlaced, whatever
 * it looks like.
 */
export const deinterlaceSchema = z.enum(['off', 'auto', 'double', 'always', 'always-double']);

/** Bits of a sample in the result. */
export const bitDepthSchema = z.union([z.literal(8), z.literal(10)]);
export type BitDepth = z.infer<typeof bitDepthSchema>;

/** Sides of a 4:2:0 picture, in pixels. */
const side = z.number().int().min(16).max(16_384).multipleOf(2);

/** Lines of the result, or its exact size. */
export const targetSchema = z.object({ width: side.optional(), height: side });

/**
 * A part of a video, half-open, in seconds of the clock that players show: 0 is where the file begins. Left out: from
 * the beginning, up to the end.
 */
export const rangeSchema = z.object({ from: z.number().min(0).optional(), to: z.number().positive().optional() });

/** MPEG's numbers of programmes have 16 bits. */
export const MOST_PROGRAM = 65_535;

/** What is made of the source's pictures besides enlarging them, as the user asked for it. */
export const pictureSpecSchema = z.object({
  /** Number of the programme that is upscaled, of a source that holds several. */
  program: z.number().int().min(1).max(MOST_PROGRAM).optional(),
  deinterlace: deinterlaceSchema.default('auto'),
  bitDepth: bitDepthSchema.default(8),
  /** What of the video is upscaled. */
  range: rangeSchema.optional(),
  /** What is used of every upright picture; the rest is cut off before anything else is done. */
  crop: cropWindowSchema.extend({ /** By looking for black borders. */ found: z.literal(true).optional() }).optional(),
  /** What enlarged pictures are brought to. */
  target: targetSchema.optional(),
  /** Pictures are resized so that their pixels are shown as wide as high. */
  squarePixels: z.boolean().optional(),
});
export type PictureSpec = z.infer<typeof pictureSpecSchema>;
