import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { PictureCache } from '../pictureCache.js';
import { jobKeySchema } from '../schemas/common.js';
import { framesSchema, pictureParamsSchema, pictureQuerySchema } from '../schemas/pictures.js';
import { answers, picture, wrong } from './responses.js';

/** PictureCache of committed frames do not change. */
const CACHE = 'private, max-age=600';

const params = z.object({ job: jobKeySchema });

/** The frames of a job, before and after. */
export function pictureRoutes(app: OpenAPIHono, pictures: PictureCache): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/jobs/{job}/frames',
      summary: 'Which frames can be looked at',
      request: { params },
      responses: { ...answers('frames', framesSchema), ...wrong },
    }),
    async (c) => c.json(await pictures.frames(c.req.valid('param').job), 200),
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/jobs/{job}/frames/{frame}/{side}',
      summary: 'A frame of the source, or of what is upscaled so far',
      request: { params: pictureParamsSchema, query: pictureQuerySchema },
      responses: picture('the frame'),
    }),
    async (c) => {
      const { job, side, frame } = c.req.valid('param');
      return jpeg(c, await pictures.picture(job, side, frame, c.req.valid('query').width, c.req.raw.signal));
    },
  );
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/jobs/{job}/poster',
      summary: 'A small picture of the source',
      request: { params },
      responses: {
        ...picture('the picture'),
        204: { description: 'there is none: the source is gone, or cannot be read' },
      },
    }),
    async (c) => {
      const poster = await pictures.poster(c.req.valid('param').job, c.req.raw.signal);
      return poster ? jpeg(c, poster) : c.body(null, 204);
    },
  );
}

const jpeg = (c: Context, bytes: Uint8Array<ArrayBuffer>): Response =>
  c.body(bytes, 200, { 'Content-Type': 'image/jpeg', 'Cache-Control': CACHE });
