import { z } from '@hono/zod-openapi';
import { problemSchema } from '../schemas/common.js';

const json = <T extends z.ZodType>(schema: T) => ({ 'application/json': { schema } });

export const problem = (description: string) => ({ description, content: json(problemSchema) });

/** What any request may get instead of its answer. */
const refusals = {
  400: problem('the request cannot be understood'),
  401: problem('a token is needed: a session (POST /api/session), or `Authorization: Bearer TOKEN`'),
  403: problem(
    'a request of another site, under another host name, or without the header X-Reelscale where something is changed',
  ),
};

/** What may be in the way of a request that needs other parts. */
export const wrong = {
  409: problem('it cannot be done; the line says why'),
  429: problem('too much of this is asked for at once; Retry-After says when to try again'),
  503: problem('the Temporal server, the disk or another part does not answer now'),
};

export const answers = <T extends z.ZodType>(description: string, schema: T) => ({
  200: { description, content: json(schema) },
  ...refusals,
});

export const picture = (description: string) => ({
  200: { description, content: { 'image/jpeg': { schema: z.string().openapi({ format: 'binary' }) } } },
  ...refusals,
  ...wrong,
});

/** A page of its own, in a sandbox. */
export const page = {
  200: { description: 'the page', content: { 'text/html': { schema: z.string() } } },
  ...refusals,
  404: problem('there is no such page'),
};

export const eventStream = <T extends z.ZodType>(schema: T) => ({
  200: { description: 'a stream that does not end', content: { 'text/event-stream': { schema } } },
  ...refusals,
  429: wrong[429],
});

export const body = <T extends z.ZodType>(schema: T) => ({ body: { required: true, content: json(schema) } });
