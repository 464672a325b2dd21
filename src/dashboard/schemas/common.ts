import { z } from '@hono/zod-openapi';

/**
 * What the dashboard's server and its page say to each other, here and in the files beside it. The OpenAPI document is
 * made from these, and the page takes its types from them.
 */

export const jobKeySchema = z
  .string()
  .regex(/^[0-9a-f]{32}$/, 'must be a job: 32 hexadecimal digits')
  .openapi({ param: { name: 'job', in: 'path' }, example: '9efcbdb3c0ffee00112233445566778a' });

export const problemSchema = z
  .object({
    /** One line for people. */
    error: z.string(),
  })
  .openapi('Problem');

export const sessionSchema = z.object({ version: z.string(), signedIn: z.boolean() }).openapi('Session');
export const signInSchema = z.strictObject({ token: z.string().min(1).max(1000) }).openapi('SignIn');
