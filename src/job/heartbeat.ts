import { z } from 'zod';
import { precisionSchema } from './spec.js';

/**
 * Last known position of a running activity; a hint for people and for the next attempt, the parts are the truth. It
 * is parsed where it is read: another release may have said it.
 */
export const heartbeatSchema = z.object({
  segment: z.number().optional(),
  /** Frames of the segment (or of the whole video) that are safe on the disk. */
  durableFrame: z.number().default(0),
  /** Frames that are done, safe or not. */
  frame: z.number().default(0),
  fps: z.number().optional(),
  /**
   * Edge of the tile in use, 0 for whole frames; a smaller one found after running out of memory reaches the next
   * attempt.
   */
  tile: z.number().optional(),
  /** What the network computes in; fp32 after half precision failed reaches the next attempt too. */
  precision: precisionSchema.optional(),
  /** Attempts in a row that failed without a new durable frame. */
  stalled: z.number().optional(),
  /** Attempts in a row that ended without a word, this one counted in. */
  begun: z.number().optional(),
  notice: z.string().optional(),
});
export type Heartbeat = z.infer<typeof heartbeatSchema>;
