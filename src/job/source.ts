import { z } from 'zod';
import { rationalSchema } from '../lib/rational.js';

const chromaticity = z.tuple([z.number(), z.number()]);

/** What an HDR stream says of its brightness, once for all of it. Colours are CIE 1931 x and y, luminances cd/m². */
const hdrSchema = z.object({
  /** The display that the video was made on. */
  mastering: z
    .object({
      red: chromaticity,
      green: chromaticity,
      blue: chromaticity,
      white: chromaticity,
      minLuminance: z.number(),
      maxLuminance: z.number(),
    })
    .optional(),
  /** The brightest pixel of all, and the brightest frame on average. */
  light: z.object({ max: z.number().int(), average: z.number().int() }).optional(),
  /** Metadata that change from scene to scene, by their names for people. */
  dynamic: z.array(z.string()).optional(),
});
export type Hdr = z.infer<typeof hdrSchema>;

/** What is known of a source before its packets are read. Sizes are of upright pictures, after the display matrix. */
export const sourceInfoSchema = z.object({
  /** libavformat's demuxer name, such as `matroska,webm`. */
  format: z.string(),
  durationSeconds: z.number().optional(),
  /** When the first of its streams begins, in seconds of its own clock. */
  startSeconds: z.number().optional(),
  /**
   * Number of the programme that this is about, where the file holds several. Streams of others are not among these.
   */
  program: z.number().int().optional(),
  video: z.object({
    /** Index of the stream in the file, as in `-map 0:<index>`. */
    index: z.number().int(),
    codec: z.string(),
    width: z.number().int().positive(),
    height: z.number().int().positive(),
    /** Where the pictures lie in larger frames, of which the rest is cut off; their size is said above. */
    crop: z
      .object({
        x: z.number().int(),
        y: z.number().int(),
        frameWidth: z.number().int(),
        frameHeight: z.number().int(),
      })
      .optional(),
    pixelFormat: z.string(),
    bitDepth: z.number().int(),
    /** There where parts of the picture may be transparent. */
    alpha: z.literal(true).optional(),
    sampleAspectRatio: rationalSchema,
    timebase: rationalSchema,
    /** Nominal rate: `r_frame_rate` where it is plausible, else the average. */
    frameRate: rationalSchema,
    /** Frames that the container's header promises, where it says so. */
    promisedFrames: z.number().int().optional(),
    reorderDepth: z.number().int(),
    /** Explicit values for every conversion: tags where they are, else SD = 601, HD = 709, limited, left. */
    color: z.object({
      matrix: z.enum(['bt601', 'bt709', 'bt2020nc', 'rgb']),
      range: z.enum(['limited', 'full']),
      chromaLocation: z.enum(['left', 'center', 'topleft']),
      /** As ffmpeg names them, where the source is tagged. */
      tags: z.object({ matrix: z.string(), primaries: z.string(), transfer: z.string() }).partial(),
    }),
    /** There for the transfer functions PQ and HLG. */
    hdr: hdrSchema.optional(),
  }),
  audio: z.array(
    z.object({
      index: z.number().int(),
      /** Empty where the codec is unknown to ffmpeg. */
      codec: z.string(),
      channels: z.number().int(),
      sampleRate: z.number().int(),
      bitRate: z.number().optional(),
    }),
  ),
});
export type SourceInfo = z.infer<typeof sourceInfoSchema>;

/**
 * What is done about pictures whose two fields are of different times. Such a source is conformed.
 * - `match`: every picture is whole, but its fields lie in two frames (field-shifted, or telecined from film): they
 *   are joined again.
 * - `interpolate`: every field is of a time of its own. Each frame keeps its first field, and the lines between are
 *   interpolated.
 * - `double`: so too, with a frame for each field.
 */
const fieldsSchema = z.object({
  remedy: z.enum(['match', 'interpolate', 'double']),
  /** Which field is shown first. */
  order: z.enum(['tff', 'bff']),
  /** 3:2 pulldown: every fifth frame is a repeat once the fields are joined. */
  telecined: z.boolean(),
  /**
   * Where this is done, half-open, in frames as a straight decode gives them; the other frames are whole. Absent:
   * everywhere.
   */
  stretches: z.array(z.tuple([z.number().int().min(0), z.number().int().min(0)])).optional(),
});
export type Fields = z.infer<typeof fieldsSchema>;

/** How frames of the source can be reached, once its packets have been read. */
export const sourceScanSchema = z.object({
  info: sourceInfoSchema,
  /** Packets of the video stream that should give a frame each. */
  packets: z.number().int(),
  /** True when segments may seek in the source; false when it has to be conformed first, and why. */
  seekable: z.boolean(),
  reason: z.string().optional(),
  /** Ticks that a decode must start before its first frame: intervals between keyframes plus reorder depth. */
  runIn: z.number().int(),
  /** True where the stream says nothing of its rate. */
  rateAssumed: z.literal(true).optional(),
  /**
   * Where the size of the pictures or the shape of their pixels changes: each stretch with the time of its first
   * keyframe, in seconds of the stream's clock.
   */
  shapes: z
    .array(
      z.object({
        seconds: z.number(),
        width: z.number().int(),
        height: z.number().int(),
        sampleAspectRatio: rationalSchema,
      }),
    )
    .optional(),
  /** Absent where pictures are progressive, or are to stay as they are. */
  fields: fieldsSchema.optional(),
});
export type SourceScan = z.infer<typeof sourceScanSchema>;
