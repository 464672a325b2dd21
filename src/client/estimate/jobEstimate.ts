import { z } from 'zod';

const amount = z.number().min(0);

/** What a job would take, before it begins. */
export const jobEstimateSchema = z.object({
  input: z.string(),
  output: z.string(),
  /** Such as `realesr-animevideov3 x4`. */
  method: z.string(),
  source: z.object({ width: z.number().int(), height: z.number().int(), seconds: amount }),
  /** Frames of the result. */
  frames: z.number().int(),
  segments: z.number().int(),
  /** Of the result's pictures, in pixels. */
  width: z.number().int(),
  height: z.number().int(),
  /** Of the result. */
  bytes: amount,
  /** The most that lies in the jobs folder at one time, and what the result needs in its own. In bytes. */
  disk: z.object({ jobs: amount, output: amount }),
  /**
   * On this machine; absent where nothing is known of its speed, or where none of its devices serves the job's tags.
   */
  here: z
    .object({
      device: z.string(),
      label: z.string(),
      fps: amount,
      seconds: amount,
      cost: amount.optional(),
      /** `measured`: on this clip; `jobs`: the speed of earlier jobs of this kind. */
      basis: z.enum(['measured', 'jobs']),
      /** Earlier jobs that it was corrected by, or rests on. */
      jobs: z.number().int(),
    })
    .optional(),
  /** Plain sentences. */
  notes: z.array(z.string()),
});
export type JobEstimate = z.infer<typeof jobEstimateSchema>;
