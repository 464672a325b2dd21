import { Client, Connection } from '@temporalio/client';
import type { Config } from '../../temporal.config.js';
import { acquireLease, type Lease } from '../client/connection/lease.js';
import { registerSearchAttributes } from '../client/connection/searchAttributes.js';
import type { SupervisorInfo } from '../client/connection/supervisorProtocol.js';
import { connectToServer } from '../client/connection/temporalConnection.js';
import { ignoreKnown } from '../lib/systemErrors.js';

/** A Temporal server that answers, and what is known of the workers behind it. */
export interface Reach {
  client: Client;
  info: Pick<SupervisorInfo, 'namespace' | 'queuePrefix' | 'searchAttributes' | 'devices'> & {
    /** Temporal's Web UI, where there is one. */
    uiUrl?: string;
  };
}

/** The dashboard's way to Temporal, for as long as it lives. */
export interface Link {
  /** @throws where the server cannot be reached now; it may be asked again at any time. */
  reach(): Promise<Reach>;
  /** Lets a job go on when nobody looks. */
  keep(workflowId: string): Promise<void>;
  close(): Promise<void>;
}

/** A lease on this machine's supervisor, which is started when there is none, and again when it dies. */
export function leasedLink(config: Config, log: (line: string) => void): Link {
  const closing = new AbortController();
  let leasing: Promise<Lease> | undefined;
  let open: { address: string; connection: Connection; client: Client } | undefined;

  async function lease(): Promise<Lease> {
    leasing ??= acquireLease(config, { onEvent: log, signal: closing.signal });
    const mine = leasing;
    const forget = (): void => {
      if (leasing === mine) leasing = undefined;
    };
    const held = await mine.catch((error: unknown) => {
      forget();
      throw error;
    });
    held.closed.then(forget, forget);
    return held;
  }

  async function reach(): Promise<Reach> {
    const { info } = await lease();
    if (open?.address !== info.temporalAddress) {
      const before = open;
      const connection = await connectToServer(config, info);
      open = {
        address: info.temporalAddress,
        connection,
        client: new Client({ connection, namespace: info.namespace }),
      };
      // The server at the other end is gone.
      await before?.connection.close().catch(ignoreKnown);
    }
    return {
      client: open.client,
      info: { ...info, ...(config.dashboard.temporalUi !== undefined && { uiUrl: config.dashboard.temporalUi }) },
    };
  }

  const one = oneAtATime(reach);
  return {
    reach: one,
    keep: async (workflowId) => (await lease()).detach(workflowId),
    async close() {
      closing.abort();
      // Who asked for one that failed has heard of it.
      await (await leasing?.catch(ignoreKnown))?.release();
      await open?.connection.close();
    },
  };
}

/** A server elsewhere, whose workers run elsewhere too: nothing is started on this host. */
export function directLink(config: Config): Link {
  let connecting: Promise<Connection> | undefined;
  let searchAttributes: boolean | undefined;
  const reach = async (): Promise<Reach> => {
    connecting ??= Connection.connect(config.temporalConnection);
    const connection = await connecting.catch((error: unknown) => {
      connecting = undefined;
      throw error;
    });
    searchAttributes ??= (await registerSearchAttributes(connection, config.namespace)) === undefined;
    const { namespace, queuePrefix, dashboard } = config;
    return {
      client: new Client({ connection, namespace }),
      info: {
        namespace,
        queuePrefix,
        searchAttributes,
        devices: [],
        ...(dashboard.temporalUi !== undefined && { uiUrl: dashboard.temporalUi }),
      },
    };
  };
  return {
    reach: oneAtATime(reach),
    keep: () => Promise.resolve(),
    close: async () => {
      // Who asked for one that failed has heard of it.
      await (await connecting?.catch(ignoreKnown))?.close();
    },
  };
}

/** Whoever asks while an answer is on its way gets the same answer. */
function oneAtATime<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined;
  return () => {
    asked ??= ask().finally(() => {
      asked = undefined;
    });
    return asked;
  };
}
