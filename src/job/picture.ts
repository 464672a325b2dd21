import { z } from 'zod';

/** A rectangle of a picture, in its pixels. */
export const windowSchema = z.object({
  x: z.number().int().min(0),
  y: z.number().int().min(0),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
});
export type Window = z.infer<typeof windowSchema>;

/** `double`: interlaced pictures give a frame for each field. */
export const deinterlaceSchema = z.enum(['off', 'auto', 'double']);

/** Bits of a sample in the result. */
export const bitDepthSchema = z.union([z.literal(8), z.literal(10)]);
export type BitDepth = z.infer<typeof bitDepthSchema>;

/** What is made of the source's pictures besides enlarging them, as the user asked for it. */
export const pictureSpecSchema = z.object({
  deinterlace: deinterlaceSchema.default('auto'),
  bitDepth: bitDepthSchema.default(8),
});
export type PictureSpec = z.infer<typeof pictureSpecSchema>;
