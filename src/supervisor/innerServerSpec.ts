import { z } from 'zod';

/** The variable that tells innerServer.js what to do, as JSON. */
export const INNER_SERVER = 'REELSCALE_INNER_SERVER';

export const innerServerSchema = z.object({
  tool: z.string(),
  args: z.array(z.string()),
  /** Of the server, inside. */
  port: z.number().int(),
  /** Path of the Unix socket. */
  socket: z.string(),
});
export type InnerServer = z.infer<typeof innerServerSchema>;
