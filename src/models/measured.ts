import { z } from 'zod';

/** How fast a network is on one device. */
export const measuredSchema = z.object({
  /** Of the tile that was run, in source pixels. */
  width: z.number().int().min(1),
  height: z.number().int().min(1),
  /** Of the fastest run. */
  secondsPerTile: z.number().positive(),
});
export type Measured = z.infer<typeof measuredSchema>;
