import { z } from 'zod';
import {
  bitDepthSchema,
  type CropWindow,
  cropWindowSchema,
  deinterlaceSchema,
  MOST_PROGRAM,
  type PictureSpec,
  pictureSpecSchema,
  targetSchema,
} from '../../job/pictureSpec.js';
import type { SourceInfo } from '../../job/source.js';
import { UserError } from '../../lib/errors.js';
import { hdrTransfer } from '../../media/picture/color.js';
import { whole } from './numbers.js';
import { parseTime, TIME } from './timeText.js';

const DEINTERLACE = deinterlaceSchema.options;
const TARGET =
  'must be WxH with even numbers from 16 to 16384, such as 2880x2304, or a number of lines: ' +
  '720p, 1080p, 1440p, 4k (2160 lines)';

/** `2880x2304`, `1080p`, `4k`; undefined for anything else. */
function readTarget(text: string): PictureSpec['target'] {
  const [, width, height] = /^(\d+)x(\d+)$/i.exec(text) ?? [];
  const [, lines] = /^(\d+)p$/i.exec(text) ?? [];
  const said = lines ?? (/^4k$/i.test(text) ? '2160' : undefined);
  const target = said === undefined ? { width: Number(width), height: Number(height) } : { height: Number(said) };
  return targetSchema.safeParse(target).data;
}

/** `720x432+0+72`; undefined for anything else. */
function readWindow(text: string): CropWindow | undefined {
  const [, width, height, x, y] = (/^(\d+)x(\d+)\+(\d+)\+(\d+)$/i.exec(text) ?? []).map(Number);
  return cropWindowSchema.safeParse({ width, height, x, y }).data;
}

const time = z
  .string()
  .transform(parseTime)
  .refine((seconds) => seconds !== undefined, TIME);

/** The part of every picture that is used. */
export const cropFlag = z
  .string()
  .transform((text) => (text === 'auto' ? text : readWindow(text)))
  .refine((crop) => crop !== undefined, 'must be WxH+X+Y, such as 720x432+0+72, or auto')
  .optional();

/** The programme that is meant, of a source that holds several. */
export const programFlag = whole(1, MOST_PROGRAM).optional();

/** The flags that say what is made of the source's pictures besides enlarging them, as text. */
export const pictureFlags = {
  program: programFlag,
  deinterlace: z.enum(DEINTERLACE, { error: `must be one of ${DEINTERLACE.join(', ')}` }).optional(),
  from: time.optional(),
  to: time.optional(),
  crop: cropFlag,
  bitDepth: z
    .enum(['8', '10'], { error: 'must be 8 or 10' })
    .transform((text) => bitDepthSchema.parse(Number(text)))
    .optional(),
  target: z
    .string()
    .transform(readTarget)
    .refine((target) => target !== undefined, TARGET)
    .optional(),
  squarePixels: z.boolean().optional(),
};
export type PictureFlags = z.infer<z.ZodObject<typeof pictureFlags>>;

/** What of a source is used, as far as flags say it. */
export type UsedPart = Pick<PictureSpec, 'range' | 'crop'>;

/**
 * What was left out is as in the unfinished job, if there is one. @param info of the programme that is meant. @param
 * part what was found for the flags that choose one.
 */
export function resolvePicture(
  { deinterlace, bitDepth, target, squarePixels }: PictureFlags,
  open: PictureSpec | undefined,
  info: SourceInfo,
  part: UsedPart = {},
): PictureSpec {
  const hdr = hdrTransfer(info.video.color.tags);
  const wanted = bitDepth ?? open?.bitDepth ?? (hdr ? 10 : 8);
  if (hdr && wanted === 8)
    throw new UserError(`--bit-depth 8: the source is HDR (${hdr}), which shows bands in 8 bits: leave the flag out`);
  return pictureSpecSchema.parse({
    ...open,
    ...part,
    ...(info.program !== undefined && { program: info.program }),
    ...(deinterlace && { deinterlace }),
    ...(target && { target }),
    ...(squarePixels && { squarePixels }),
    bitDepth: wanted,
  });
}
