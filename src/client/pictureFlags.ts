import { z } from 'zod';
import { deinterlaceSchema, pictureSpecSchema, type PictureSpec } from '../job/picture.js';

const DEINTERLACE = deinterlaceSchema.options;

/** The flags that say what is made of the source's pictures besides enlarging them, as text. */
export const pictureFlags = {
  deinterlace: z.enum(DEINTERLACE, { error: `must be one of ${DEINTERLACE.join(', ')}` }).optional(),
};
export type PictureFlags = z.infer<z.ZodObject<typeof pictureFlags>>;

/** What was left out is as in the unfinished job, if there is one. */
export function resolvePicture({ deinterlace }: PictureFlags, open: PictureSpec | undefined): PictureSpec {
  return pictureSpecSchema.parse({ ...open, ...(deinterlace && { deinterlace }) });
}
