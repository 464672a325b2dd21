import { z } from '@hono/zod-openapi';
import { jobKeySchema } from './common.js';

export const framesSchema = z
  .object({
    frames: z.number().int(),
    fps: z.number(),
    aspect: z.number().openapi({ description: 'width to height as shown' }),
    width: z.number().int(),
    height: z.number().int(),
    scale: z.number(),
    ready: z
      .array(z.tuple([z.number().int(), z.number().int()]))
      .openapi({ description: 'half-open ranges of frames that there is a result of' }),
  })
  .openapi('Frames');
export type Frames = z.infer<typeof framesSchema>;

export const pictureQuerySchema = z.object({
  width: z.coerce.number().int().min(16).max(8192).default(1600).openapi({ description: 'most pixels across' }),
});
export const pictureParamsSchema = z.object({
  job: jobKeySchema,
  side: z.enum(['source', 'result']).openapi({ param: { name: 'side', in: 'path' } }),
  frame: z.coerce
    .number()
    .int()
    .min(0)
    .openapi({ param: { name: 'frame', in: 'path' } }),
});
