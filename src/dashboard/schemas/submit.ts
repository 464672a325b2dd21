import { z } from '@hono/zod-openapi';
import { jobEstimateSchema } from '../../client/estimate/jobEstimate.js';
import { deinterlaceSchema } from '../../job/pictureSpec.js';
import { encodeSpecSchema } from '../../job/spec.js';

/** What can be asked for, and what is there to choose from. */

const settings = {
  input: z.string().min(1).max(4096).openapi({ description: 'path of the video, inside a media folder' }),
  preset: z.enum(['preview', 'fast', 'production']).optional(),
  model: z
    .string()
    .max(200)
    .regex(/^[^/\\\0]+$/, 'must be the name of a model')
    .optional()
    .openapi({ description: 'a name of /api/choices; files cannot be given here' }),
  scale: z.number().int().min(1).max(8).optional(),
};

export const submitSchema = z
  .strictObject({
    ...settings,
    output: z.string().min(1).max(4096).optional(),
    codec: encodeSpecSchema.shape.codec.optional(),
    crf: z.number().min(0).max(63).optional(),
    encoderPreset: encodeSpecSchema.shape.preset.optional(),
    deinterlace: deinterlaceSchema.optional(),
    audio: z.enum(['auto', 'copy']).optional(),
    keepMezzanine: z.boolean().optional(),
    overwrite: z.boolean().optional(),
  })
  .openapi('Submit');
export type Submit = z.infer<typeof submitSchema>;

export const submittedSchema = z
  .object({ job: z.string(), output: z.string(), status: z.enum(['started', 'finished before']) })
  .openapi('Submitted');

export const estimateRequestSchema = z
  .strictObject({
    ...settings,
    measure: z.boolean().default(false).openapi({ description: 'measure the machine on the clip: some seconds' }),
    costPerHour: z.number().min(0).optional().openapi({ description: 'of any of the devices, in any currency' }),
  })
  .openapi('EstimateRequest');

export const estimateSchema = jobEstimateSchema
  .extend({ fps: z.number().openapi({ description: 'of the source' }), freeBytes: z.number().optional() })
  .openapi('Estimate');
export type Estimate = z.infer<typeof estimateSchema>;

export const cancelSchema = z
  .strictObject({ discard: z.boolean().default(false).openapi({ description: 'remove its parts too' }) })
  .openapi('Cancel');

export const publishSchema = z
  .strictObject({ overwrite: z.boolean().default(false).openapi({ description: 'replace the output if it exists' }) })
  .openapi('Publish');

export const choicesSchema = z
  .object({
    presets: z.array(z.object({ name: z.string(), model: z.string(), ready: z.boolean() })),
    models: z.array(
      z.object({ name: z.string(), scales: z.array(z.number()), ready: z.boolean(), about: z.string().optional() }),
    ),
    folders: z.array(z.string()).openapi({ description: 'the media folders' }),
  })
  .openapi('Choices');
export type Choices = z.infer<typeof choicesSchema>;

export const folderQuerySchema = z.object({ path: z.string().min(1).max(4096) });
export const folderSchema = z
  .object({
    path: z.string(),
    parent: z.string().optional(),
    folders: z.array(z.string()).openapi({ description: 'names' }),
    videos: z.array(z.object({ name: z.string(), bytes: z.number() })),
    more: z.boolean().openapi({ description: 'there is more than is shown' }),
  })
  .openapi('Folder');
export type Folder = z.infer<typeof folderSchema>;
