import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import type { Config } from '../../temporal.config.js';
import { acquireLease, type Lease, type LeaseEvent } from '../worker/lease.js';
import type { upscaleVideo } from '../workflows/index.js';

export type JobHandle = WorkflowHandle<typeof upscaleVideo>;

export interface Session {
  client: Client;
  lease: Lease;
  close(): Promise<void>;
}

/** Temporal's name for a job: one running workflow for each. */
export const workflowIdOf = (jobKey: string): string => `upscale-${jobKey}`;

/** A lease on this machine's supervisor, started when there is none, and a client of the server that it serves. */
export async function openSession(config: Config, log: (line: string) => void): Promise<Session> {
  const lease = await acquireLease(config, { onEvent: (event) => { say(event, log); } });
  const connection = await Connection.connect({ ...config.temporalConnection, address: lease.info.temporalAddress });
  return {
    client: new Client({ connection, namespace: lease.info.namespace }),
    lease,
    close: async () => {
      await connection.close();
      lease.release();
    },
  };
}

function say(event: LeaseEvent, log: (line: string) => void): void {
  if (event.type === 'notice') log(event.message);
  if (event.type === 'lost') log('the supervisor has ended; it is started again');
}
