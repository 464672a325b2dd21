import { z } from 'zod';
import { UserError } from '../job/errors.js';
import { bitDepthSchema, deinterlaceSchema, pictureSpecSchema, type PictureSpec } from '../job/picture.js';
import type { SourceInfo } from '../job/source.js';
import { hdrTransfer } from '../media/color.js';

const DEINTERLACE = deinterlaceSchema.options;

/** The flags that say what is made of the source's pictures besides enlarging them, as text. */
export const pictureFlags = {
  deinterlace: z.enum(DEINTERLACE, { error: `must be one of ${DEINTERLACE.join(', ')}` }).optional(),
  bitDepth: z.enum(['8', '10'], { error: 'must be 8 or 10' }).transform((text) => bitDepthSchema.parse(Number(text))).optional(),
};
export type PictureFlags = z.infer<z.ZodObject<typeof pictureFlags>>;

/** What was left out is as in the unfinished job, if there is one. */
export function resolvePicture({ deinterlace, bitDepth }: PictureFlags, open: PictureSpec | undefined, info: SourceInfo): PictureSpec {
  const hdr = hdrTransfer(info.video.color.tags);
  const wanted = bitDepth ?? open?.bitDepth ?? (hdr ? 10 : 8);
  if (hdr && wanted === 8) throw new UserError(`--bit-depth 8: the source is HDR (${hdr}), which shows bands in 8 bits: leave the flag out`);
  return pictureSpecSchema.parse({ ...open, ...(deinterlace && { deinterlace }), bitDepth: wanted });
}
