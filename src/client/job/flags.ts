import { z } from 'zod';
import { encodeSpecSchema } from '../../job/spec.js';
import { UserError } from '../../lib/errors.js';
import { DEVICE_NAMES, isDevice } from '../../runtime/devices.js';
import { number, whole } from './numbers.js';
import { pictureFlags } from './pictureFlags.js';
import { formatTime } from './timeText.js';

const HW_ENCODERS = ['none', ...encodeSpecSchema.shape.hardware.unwrap().options] as const;
const TUNES = encodeSpecSchema.shape.tune.unwrap().options;
const PRESETS = ['preview', 'fast', 'production'] as const;

const share = number('must be from 0 to 1', (value) => value >= 0 && value <= 1);
/** Of an hour, in any currency. */
export const price = number('must be a number from 0 on', (value) => value >= 0 && Number.isFinite(value));
const autoOr = (least: number, most: number) =>
  z.union([z.literal('auto'), whole(least, most)], {
    error: `must be auto or a whole number from ${least} to ${most}`,
  });

/** The flags of `reelscale upscale`, as text from the command line. Only those that were given are there. */
export const upscaleFlagsSchema = z.object({
  output: z.string().min(1, 'must name a file').optional(),
  model: z.string().min(1, 'must name a model or a file').optional(),
  scale: whole(1, 8).optional(),
  preset: z.enum(PRESETS, { error: `must be one of ${PRESETS.join(', ')}` }).optional(),
  tile: autoOr(0, 8192).optional(),
  tilePad: autoOr(0, 512).optional(),
  prePad: whole(0, 512).optional(),
  precision: z.enum(['auto', 'fp32', 'fp16', 'bf16'], { error: 'must be auto, fp32, fp16 or bf16' }).optional(),
  blend: share.optional(),
  denoise: share.optional(),
  codec: z
    .enum(encodeSpecSchema.shape.codec.options, {
      error: `must be one of ${encodeSpecSchema.shape.codec.options.join(', ')}`,
    })
    .optional(),
  hwEncoder: z.enum(HW_ENCODERS, { error: `must be one of ${HW_ENCODERS.join(', ')}` }).optional(),
  crf: number(
    'must be from 0 (lossless) to 51, with AV1 to 63; 18 to 28 is sensible for H.264',
    (value) => value >= 0 && value <= 63,
  ).optional(),
  encoderPreset: z
    .enum(encodeSpecSchema.shape.preset.options, {
      error: `must be one of ${encodeSpecSchema.shape.preset.options.join(', ')}`,
    })
    .optional(),
  audio: z.enum(['auto', 'copy'], { error: 'must be auto or copy' }).optional(),
  tune: z.enum(TUNES, { error: `must be one of ${TUNES.join(', ')}` }).optional(),
  ...pictureFlags,
  segmentFrames: whole(1, 1_000_000).optional(),
  checkpointFrames: whole(1, 100_000).optional(),
  device: z
    .string()
    .refine((text) => text === 'auto' || isDevice(text), `must be auto, ${DEVICE_NAMES}`)
    .optional(),
  tag: z
    .string()
    .transform((text) => text.split(',').map((tag) => tag.trim()))
    .pipe(z.array(z.string().regex(/^[\w.:-]+$/, 'must be names joined by commas')))
    .optional(),
  keepMezzanine: z.boolean().optional(),
  priority: whole(1, 5).optional(),
  overwrite: z.boolean().optional(),
  detach: z.boolean().optional(),
  json: z.boolean().optional(),
});
export type UpscaleFlags = z.infer<typeof upscaleFlagsSchema>;

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** @throws UserError with one line that names the flag. */
export function parseFlags(options: unknown): UpscaleFlags {
  const flags = parseOptions(upscaleFlagsSchema, options);
  requireOrder(flags);
  return flags;
}

/** @throws UserError with one line when a part ends before it begins. */
export function requireOrder({ from = 0, to = Infinity }: Pick<UpscaleFlags, 'from' | 'to'>): void {
  if (from >= to) throw new UserError(`--to ${formatTime(to)} must be later than --from ${formatTime(from)}`);
}

/** Options of any command, as text from the command line. @throws UserError with one line that names the flag. */
export function parseOptions<T extends z.ZodType>(schema: T, options: unknown): z.infer<T> {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new UserError(`--${kebab(String(issue?.path[0] ?? ''))}: ${issue?.message ?? 'cannot be used'}`);
}
