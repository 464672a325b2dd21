import net from 'node:net';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { hasCode } from '../../lib/systemErrors.js';
import { deviceSchema } from '../../upscaler/devices.js';

/**
 * What commands and the supervisor say to each other: one JSON a line over a Unix socket. A connection that was
 * welcomed is a lease, for as long as it stays open.
 */
const supervisorInfoSchema = z.object({
  pid: z.number().int(),
  temporalAddress: z.string(),
  /** The embedded server lets in who has the state folder's key. */
  temporalTls: z.boolean(),
  namespace: z.string(),
  queuePrefix: z.string(),
  /**
   * False where the server does not know the search attributes and would not take them: workflows may not set them
   * then.
   */
  searchAttributes: z.boolean(),
  devices: z.array(deviceSchema),
});
export type SupervisorInfo = z.infer<typeof supervisorInfoSchema>;

const request = { id: z.number().int(), workflowId: z.string() };
export const toSupervisorSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    version: z.string(),
    build: z.string(),
    /** From another supervisor, which wants the place of one that nobody needs. */
    takesOver: z.literal(true).optional(),
  }),
  /** This command waits for the workflow. */
  z.object({ type: z.literal('watch'), ...request }),
  /** How many others wait for the workflow? A detached one has the supervisor itself waiting for it. */
  z.object({ type: z.literal('others'), ...request }),
  /** The supervisor itself keeps a lease until this workflow has ended. */
  z.object({ type: z.literal('detach'), ...request }),
]);
export type ToSupervisor = z.infer<typeof toSupervisorSchema>;
export type Request = Exclude<ToSupervisor, { type: 'hello' }>;

export const fromSupervisorSchema = z.discriminatedUnion('type', [
  /** The answer to `hello`, once the server and the workers are started. */
  z.object({ type: z.literal('welcome'), info: supervisorInfoSchema }),
  /**
   * closing: it is about to end, ask again; mismatch: another version of the program runs; failed: it could not start.
   */
  z.object({ type: z.literal('refused'), reason: z.enum(['closing', 'mismatch', 'failed']), message: z.string() }),
  z.object({ type: z.literal('answer'), id: z.number().int(), others: z.number().int() }),
  /** One line that the user should read, such as a worker that cannot start. */
  z.object({ type: z.literal('notice'), message: z.string() }),
]);
export type FromSupervisor = z.infer<typeof fromSupervisorSchema>;

export const send = (socket: net.Socket, message: ToSupervisor | FromSupervisor): void => {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
};

/** Calls `handle` with every message; a line that does not parse ends the connection. */
export function receive<T extends z.ZodType>(
  socket: net.Socket,
  schema: T,
  handle: (message: z.infer<T>) => void,
): void {
  const lines = createInterface({ input: socket });
  // readline passes the errors of its input on, past the input's own listeners: a connection that was reset would end
  // this process.
  lines.on('error', () => undefined);
  lines.on('line', (line) => {
    let message: z.infer<T>;
    try {
      message = schema.parse(JSON.parse(line));
    } catch {
      socket.destroy();
      return;
    }
    handle(message);
  });
}

/** @returns undefined when nobody listens there: whoever did is dead. */
export function connectTo(file: string): Promise<net.Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(file);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      // A broken connection is seen by its `close`.
      socket.on('error', () => undefined);
      resolve(socket);
    });
    socket.once('error', (error) => {
      if (hasCode(error, 'ECONNREFUSED', 'ENOENT')) resolve(undefined);
      else reject(error);
    });
  });
}
