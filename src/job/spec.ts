import { z } from 'zod';
import { containerSchema } from './contents.js';
import { keySchema } from './inputs.js';
import { pictureSpecSchema } from './pictureSpec.js';
import { prioritySchema } from './priority.js';

/** A path below something: it neither begins anew nor climbs out. */
export const belowSchema = z
  .string()
  .min(1)
  .refine(
    (path) => !path.startsWith('/') && !path.split('/').includes('..') && !path.includes('\0'),
    'must be a path below its root',
  );

/** A file by the name of its root and its path below it, so that hosts may mount the roots at different places. */
export const rootedPathSchema = z.object({ root: z.enum(['jobs', 'media', 'models']), path: belowSchema });
export type RootedPath = z.infer<typeof rootedPathSchema>;

/** 64 lower-case hexadecimal digits. */
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);

/** int8 is not made yet; the type leaves room for it. */
export const precisionSchema = z.enum(['fp32', 'fp16', 'bf16', 'int8']);

const filterMethodSchema = z.object({
  kind: z.literal('filter'),
  name: z.enum(['bicubic', 'lanczos']),
  scale: z.number().int().min(1).max(8),
});

/** What a network's input and output are: RGB pictures, or the luma plane alone; chroma goes around such a network. */
const pixelsSchema = z.enum(['rgb', 'luma']);
export type Pixels = z.infer<typeof pixelsSchema>;

/** The only size of picture that a network takes. */
const fixedSizeSchema = z.object({ width: z.number().int().min(1), height: z.number().int().min(1) });

export const modelMethodSchema = z.object({
  kind: z.literal('model'),
  /** As the user named it, for people. */
  name: z.string().min(1),
  file: rootedPathSchema,
  /** SHA-256 of the ONNX file. */
  digest: sha256Schema,
  scale: z.number().int().min(1).max(8),
  precision: precisionSchema,
  /** What computes the network, where it is not ONNX Runtime's own provider for the device. */
  provider: z.enum(['openvino', 'openvino-gpu', 'openvino-npu', 'tensorrt-rtx', 'webgpu']).optional(),
  /** Edge of a square tile in source pixels, even; 0 means the whole frame at once. */
  tile: z.number().int().min(0),
  /** Pixels of context around each tile, clamped at the frame's edge. */
  tilePad: z.number().int().min(0),
  /** Pixels reflected at the right and bottom before tiling, as RealESRGANer's pre_pad. */
  prePad: z.number().int().min(0),
  pixels: pixelsSchema.default('rgb'),
  /** Width and height of what the network is shown are multiples of this. */
  alignment: z.number().int().min(1).default(1),
  /** Where the network takes one size only, that is the tile. */
  fixed: fixedSizeSchema.optional(),
  /** Share of bicubic enlargement in the result. */
  blend: z.number().min(0).max(1).default(0),
  /** Denoise strength, of the models that have one. */
  denoise: z.number().min(0).max(1).optional(),
  /**
   * What becomes of YUV samples that RGB cannot hold: they go around an RGB network. Jobs that do not say cut them
   * off, as before there was a way.
   */
  outOfGamut: z.literal('carried').optional(),
});
const methodSchema = z.discriminatedUnion('kind', [filterMethodSchema, modelMethodSchema]);
export type Method = z.infer<typeof methodSchema>;
export type ModelMethod = z.infer<typeof modelMethodSchema>;

export const encodeSpecSchema = z.object({
  codec: z.enum(['h264', 'h265', 'av1']),
  /** An encoder in the graphics card instead of one on the processor. */
  hardware: z.enum(['nvenc', 'vaapi']).optional(),
  /** The encoder's own scale: constant rate factor, or constant quality in hardware. */
  crf: z.number().min(0).max(63),
  /** x264's names; other encoders' presets are chosen to be alike. */
  preset: z.enum(['ultrafast', 'superfast', 'veryfast', 'faster', 'fast', 'medium', 'slow', 'slower', 'veryslow']),
  tune: z.enum(['film', 'animation', 'grain', 'psnr', 'ssim', 'fastdecode']).optional(),
  /** The encoders' output depends on their thread count, so it is fixed in the job. */
  threads: z.number().int().min(1),
});
export type EncodeSpec = z.infer<typeof encodeSpecSchema>;

/** What the result is, besides its pictures. Jobs of the first version did not say. */
const deliverySpecSchema = z.object({
  container: containerSchema.default('mp4'),
  /** `auto` converts sound that players of the container may not understand, `copy` never converts. */
  audio: z.enum(['auto', 'copy']).default('auto'),
});
export type DeliverySpec = z.infer<typeof deliverySpecSchema>;

/** Everything that was decided before the start. Stored as job.json and never changed afterwards. */
export const jobSpecSchema = z.object({
  version: z.literal(1),
  jobKey: keySchema,
  upscaleKey: keySchema,
  input: rootedPathSchema,
  output: rootedPathSchema,
  source: z.object({ size: z.number().int(), mtimeMs: z.number(), digest: sha256Schema }),
  method: methodSchema,
  picture: pictureSpecSchema.prefault({}),
  encode: encodeSpecSchema,
  delivery: deliverySpecSchema.prefault({}),
  /** Frames in one segment, where the user asked for a number; the planner chooses otherwise. */
  segmentFrames: z.number().int().min(1).optional(),
  /** Most frames in one upscaled part. */
  checkpointFrames: z.number().int().min(1),
  /** Device tags whose workers may upscale this job, at least one for a model. */
  tags: z.array(z.string().min(1)),
  keepMezzanine: z.boolean(),
  overwrite: z.boolean(),
  /** Where the user asked for one. */
  priority: prioritySchema.optional(),
  createdAt: z.string(),
});
export type JobSpec = z.infer<typeof jobSpecSchema>;
