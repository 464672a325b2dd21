import path from 'node:path';
import type { Client, WorkflowHandle } from '@temporalio/client';
import type { Config } from '../../../temporal.config.js';
import { shortJob } from '../../job/keys.js';
import type { JobSpec } from '../../job/spec.js';
import { openJobs } from '../../job/store.js';
import { workflowIdOf } from '../../job/workflowIds.js';
import type { upscaleVideo } from '../../workflows/index.js';
import { reach, readAnnouncement } from './announcement.js';
import { acquireLease, type Lease } from './lease.js';
import { connectToServer, loadClient } from './temporalConnection.js';

export type JobHandle = WorkflowHandle<typeof upscaleVideo>;

export interface Session {
  client: Client;
  lease: Lease;
  close(): Promise<void>;
}

export { workflowIdOf };

/** A client where a server is running already: looking at jobs starts nothing. */
export async function connectIfRunning(config: Config): Promise<Pick<Session, 'client' | 'close'> | undefined> {
  if (config.temporalAddress === undefined) {
    const socket = await reach(config.home, await readAnnouncement(config.home));
    if (!socket) return undefined;
    socket.destroy();
    return openSession(config, () => undefined);
  }
  const { Client, Connection } = await loadClient();
  const connection = await Connection.connect(config.temporalConnection);
  return { client: new Client({ connection, namespace: config.namespace }), close: () => connection.close() };
}

/** A lease on this machine's supervisor, started when there is none, and a client of the server that it serves. */
export async function openSession(config: Config, log: (line: string) => void, own?: JobSpec): Promise<Session> {
  // While a supervisor starts, there is time to load.
  const [lease, { Client }] = await Promise.all([acquireLease(config, { onEvent: log }), loadClient()]);
  const connection = await connectToServer(config, lease.info);
  const client = new Client({ connection, namespace: lease.info.namespace });
  if (lease.started) await tellWhatGoesOn(config, client, log, own);
  return {
    client,
    lease,
    close: async () => {
      await connection.close();
      await lease.release();
    },
  };
}

/**
 * Workers that start take up every job that was at work when their predecessors died: nobody should wonder where the
 * time goes.
 */
async function tellWhatGoesOn(
  config: Config,
  client: Client,
  log: (line: string) => void,
  own: JobSpec | undefined,
): Promise<void> {
  const { ignoreGone } = await import('./gone.js');
  const { stageKey } = await import('../../workflows/attributes.js');
  for (const spec of await openJobs(config.roots)) {
    if (spec.jobKey === own?.jobKey) continue;
    // Asked of the server alone: the workers are still starting.
    const known = await client.workflow
      .getHandle(workflowIdOf(spec.jobKey))
      .describe()
      .catch(ignoreGone)
      .catch((error: unknown) => {
        log(`job ${shortJob(spec)} may go on too: the server does not say (${(error as Error).message})`);
      });
    const paused = known?.typedSearchAttributes.get(stageKey) === 'paused';
    if (known?.status.name === 'RUNNING' && !paused)
      log(`job ${shortJob(spec)} (${path.basename(spec.input.path)}) goes on too`);
  }
}
