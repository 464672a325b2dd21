import { z } from 'zod';

/**
 * What the upscale worker and the upscaler process say to each other over Node's IPC channel. Frames never pass through it:
 * the upscaler starts ffmpeg itself, reads planar pictures from its pipe, and writes parts to the disk.
 */
export const upscaleRequestSchema = z.object({
  model: z.object({
    /** Absolute path of an ONNX file: input NCHW RGB 0..1 float32, output the same, `scale` times as large. */
    file: z.string(),
    digest: z.string(),
    scale: z.number().int(),
    tile: z.number().int(),
    tilePad: z.number().int(),
    prePad: z.number().int(),
    precision: z.enum(['fp32', 'fp16', 'int8']),
  }),
  /** Size of a source picture, upright. */
  width: z.number().int(),
  height: z.number().int(),
  /** ffmpeg arguments that write gbrp pictures (planes G, B, R; 8 bit) to pipe:1 and one `pts:<ticks>` line for each to pipe:3. */
  decodeArgs: z.array(z.string()),
  /** ffmpeg arguments that read gbrp pictures of the output size from pipe:0; the part's path is appended. */
  encodeArgs: z.array(z.string()),
  /** Counted over the whole video. */
  firstFrame: z.number().int(),
  frames: z.number().int(),
  partFolder: z.string(),
  partExtension: z.string(),
  checkpointFrames: z.number().int().min(1),
  checkpointSeconds: z.number().positive(),
});
export type UpscaleRequest = z.infer<typeof upscaleRequestSchema>;

export const toUpscalerSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('start'), request: upscaleRequestSchema }),
  /** Finish the part at hand with the frames it has, then report `done`. */
  z.object({ type: z.literal('flush') }),
]);
export type ToUpscaler = z.infer<typeof toUpscalerSchema>;

export const fromUpscalerSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  /** After every tile. `frame` counts whole frames over the video; `tile` is the edge now in use. */
  z.object({ type: z.literal('progress'), frame: z.number(), fps: z.number(), tile: z.number() }),
  /** A part's file is whole and its encoder has ended; pts are the source timestamps of its frames, in order. */
  z.object({
    type: z.literal('part'),
    file: z.string(),
    start: z.number(),
    end: z.number(),
    bytes: z.number(),
    sha256: z.string(),
    pts: z.array(z.number()),
  }),
  /** Something the user should read once, such as a smaller tile after running out of memory. */
  z.object({ type: z.literal('notice'), message: z.string() }),
  /** All frames that were asked for, or all until a flush, are in parts. */
  z.object({ type: z.literal('done'), frames: z.number() }),
  /** user: retrying cannot help (all-black output, wrong model); mismatch: the decoder gave other frames than asked for; world: retry. */
  z.object({ type: z.literal('failed'), kind: z.enum(['user', 'mismatch', 'world', 'bug']), message: z.string() }),
]);
export type FromUpscaler = z.infer<typeof fromUpscalerSchema>;
