import { z } from 'zod';
import { modelMethodSchema, precisionSchema } from '../job/spec.js';

/**
 * What the upscale worker and the upscaler process say to each other over Node's IPC channel. Frames never pass
 * through it: the upscaler starts ffmpeg itself, reads planar pictures from its pipe, and writes parts to the disk.
 */
export const upscaleModelSchema = modelMethodSchema
  .omit({ kind: true, name: true, file: true, denoise: true, outOfGamut: true })
  /**
   * Absolute path of an ONNX file: NCHW, values 0..1, three channels (RGB) or one (luma), output `scale` times as
   * large.
   */
  .extend({ file: z.string() });
export type UpscaleModel = z.infer<typeof upscaleModelSchema>;

const upscaleRequestSchema = z.object({
  model: upscaleModelSchema,
  /** Size of a source picture, upright. */
  width: z.number().int().min(1),
  height: z.number().int().min(1),
  /** Of a sample in the pipes; 16 bits are little-endian. */
  bitDepth: z.union([z.literal(8), z.literal(16)]),
  /** Whether three more planes lie behind the three of RGB, which go around the network to the encoder. */
  residual: z.boolean().optional(),
  /**
   * ffmpeg arguments that write pictures to pipe:1 and the timestamp of each to pipe:3, before the picture itself and
   * unbuffered (`printPts` of media/picture/frameSource.ts). Pictures are gbrp (planes G, B, R), or six planes where
   * something is carried; of a luma network yuv420p.
   */
  decodeArgs: z.array(z.string()),
  /**
   * ffmpeg arguments that read the enlarged pictures from pipe:0; the part's path is appended. Pictures are gbrp. Of a
   * luma network they are gray, and the source's pictures come beside them, as they were decoded, from the pipe
   * SIDE_FD of src/media/ffmpeg/runFfmpeg.ts; so do the planes that are carried.
   */
  encodeArgs: z.array(z.string()),
  /** Counted over the whole video. */
  firstFrame: z.number().int().min(0),
  frames: z.number().int().min(1),
  /** Must exist. */
  partFolder: z.string(),
  /** Without a dot. */
  partExtension: z.string(),
  checkpointFrames: z.number().int().min(1),
  checkpointSeconds: z.number().positive(),
});
export type UpscaleRequest = z.infer<typeof upscaleRequestSchema>;

export const toUpscalerSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('start'), request: upscaleRequestSchema }),
  /** Finish the part at hand with the frames it has, then report `done`. */
  z.object({ type: z.literal('flush') }),
  /** The last `part` is durable. Never more than one part awaits this while the next is being made. */
  z.object({ type: z.literal('committed') }),
]);
export type ToUpscaler = z.infer<typeof toUpscalerSchema>;

/**
 * user: retrying cannot help (all-black output, wrong model); mismatch: the decoder gave other frames than asked for;
 * disk: full; world: retry.
 */
const failureKindSchema = z.enum(['user', 'mismatch', 'disk', 'world', 'bug']);
export type FailureKind = z.infer<typeof failureKindSchema>;

const upscaledPartSchema = z.object({
  type: z.literal('part'),
  /** Name in the part folder. */
  file: z.string(),
  start: z.number(),
  end: z.number(),
  bytes: z.number(),
  sha256: z.string(),
  pts: z.array(z.number()),
  /** What the network computed all its frames in: fp32 from the frame on where half precision failed. */
  precision: precisionSchema,
});
export type UpscaledPart = z.infer<typeof upscaledPartSchema>;

const progressSchema = z.object({
  type: z.literal('progress'),
  frame: z.number(),
  fps: z.number(),
  tile: z.number(),
  precision: precisionSchema,
});
export type UpscaleProgress = z.infer<typeof progressSchema>;

export const fromUpscalerSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  /**
   * After a tile, at most ten times a second. `frame` counts whole frames over the video; `tile` is the edge now in
   * use, 0 for whole frames; `precision` what the network now computes in.
   */
  progressSchema,
  /** A part's file is whole and its encoder has ended; pts are the source timestamps of its frames, in order. */
  upscaledPartSchema,
  /** Something the user should read once, such as a smaller tile after running out of memory. */
  z.object({ type: z.literal('notice'), message: z.string() }),
  /** All frames that were asked for, or all until a flush, are in committed parts. */
  z.object({ type: z.literal('done'), frames: z.number() }),
  /** The run is over; the process is of no more use. */
  z.object({ type: z.literal('failed'), kind: failureKindSchema, message: z.string() }),
]);
export type FromUpscaler = z.infer<typeof fromUpscalerSchema>;
