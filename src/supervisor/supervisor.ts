import type { Connection } from '@temporalio/client';
import type { Config } from '../../temporal.config.js';
import {
  type Announcement,
  claim,
  removeSocket,
  socketPath,
  stillOwn,
  withdraw,
} from '../client/connection/announcement.js';
import { homeLayout, identityOf, prepareHome } from '../client/connection/home.js';
import { registerSearchAttributes } from '../client/connection/searchAttributes.js';
import { serverEnvironment } from '../client/connection/serverTls.js';
import type { SupervisorInfo } from '../client/connection/supervisorProtocol.js';
import { aborted } from '../lib/aborted.js';
import { randomName } from '../lib/durable.js';
import { idle } from '../lib/idle.js';
import { discoverDevices } from '../upscaler/devices.js';
import type { KeptChild } from '../worker/keptChild.js';
import { startWorkers, WORKER_GRACE_MS } from '../worker/workers.js';
import { asideLine, type DatabaseWatch, putAside } from './databaseDamage.js';
import type { DetachedJobs } from './detachedJobs.js';
import type { EmbeddedServer } from './embeddedServer.js';
import { LeaseServer } from './leaseServer.js';
import { reachServer } from './reachServer.js';
import { SERVER_GRACE_MS } from './soundServer.js';
import { takeOver } from './takeOver.js';

const OWNERSHIP_CHECK_MS = 5000;

export interface SupervisorOptions {
  /** True: ends `lingerSeconds` after the last lease. */
  background: boolean;
  /** Ends the supervisor in order: workers commit their parts, then the server. */
  signal: AbortSignal;
  log: (line: string) => void;
  /** The server answers and the workers are started. */
  onReady?: (info: SupervisorInfo) => void;
}

/**
 * Runs the one supervisor of a state folder until it is told to end.
 * @returns the process id of the supervisor that is there already and stays, undefined after this one has ended.
 * @throws when the server cannot be started.
 */
export async function runSupervisor(config: Config, options: SupervisorOptions): Promise<number | undefined> {
  prepareHome(config.home);
  for (;;) {
    const supervisor = new Supervisor(config, options);
    const other = await supervisor.claim();
    if (!other) {
      await supervisor.run();
      return undefined;
    }
    // The one that a command left behind lingers for some seconds.
    if (options.background || !(await takeOver(config.home, other, options.signal))) return other.pid;
  }
}

class Supervisor {
  readonly #config: Config;
  readonly #options: SupervisorOptions;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  readonly #leases: LeaseServer;
  #own: Announcement | undefined;
  #detached: DetachedJobs | undefined;
  #connection: Connection | undefined;
  #server: EmbeddedServer | undefined;
  #database: DatabaseWatch | undefined;
  #damage: string | undefined;
  #workers: KeptChild[] = [];
  #linger: NodeJS.Timeout | undefined;

  constructor(config: Config, options: SupervisorOptions) {
    this.#config = config;
    this.#options = options;
    this.#signal = AbortSignal.any([options.signal, this.#stop.signal]);
    this.#leases = new LeaseServer({
      changed: () => {
        this.#changed();
      },
      detach: async (workflowId) => {
        await this.#detached?.add(workflowId);
      },
      isDetached: (workflowId) => this.#detached?.has(workflowId) ?? false,
      superseded: () => {
        if (!options.background || this.#inUse()) return false;
        this.#stop.abort();
        return true;
      },
    });
  }

  /** Listens first and claims then, so that whoever reads the announcement can connect. */
  async claim(): Promise<Announcement | undefined> {
    const { home } = this.#config;
    const own = { id: randomName(), pid: process.pid, socket: await socketPath(home), home: await identityOf(home) };
    await this.#leases.listen(own.socket);
    const other = await claim(home, own);
    if (other) {
      await this.#leases.close();
      await removeSocket(own.socket);
    } else {
      this.#own = own;
    }
    return other;
  }

  async run(): Promise<void> {
    const watching = this.#watchOwnership();
    try {
      const info = await this.#start();
      this.#leases.open(info);
      this.#options.onReady?.(info);
      this.#changed();
      await aborted(this.#signal);
    } catch (error) {
      if (!this.#signal.aborted) {
        this.#leases.refuse('failed', `the supervisor could not start: ${(error as Error).message}`);
        throw error;
      }
    } finally {
      await this.#end();
      await watching;
    }
  }

  async #start(): Promise<SupervisorInfo> {
    const config = this.#config;
    const { log } = this.#options;
    const notice = (line: string): void => {
      this.#notice(line);
    };
    const devices = await discoverDevices();
    const start = (temporalAddress: string, temporalTls: boolean): void => {
      const environment = serverEnvironment(config.home, { temporalAddress, temporalTls });
      this.#workers = startWorkers(config, environment, devices, { log, notice });
    };
    const { server, connection, watch, temporalAddress } = await reachServer(config, this.#signal, {
      log,
      notice,
      // They load while it starts.
      onStarted: ({ address, tls }) => {
        start(address, tls !== undefined);
      },
    });
    this.#server = server;
    this.#connection = connection;
    this.#database = watch;
    const temporalTls = server?.tls !== undefined;

    const unregistered = server ? undefined : await registerSearchAttributes(connection, config.namespace);
    if (unregistered) log(`the search attributes could not be registered (${unregistered}); jobs go on without them`);

    // Imported late: the server starts while Temporal's client is loaded.
    const { DetachedJobs } = await import('./detachedJobs.js');
    this.#detached = new DetachedJobs({
      file: homeLayout(config.home).detached,
      connection,
      namespace: config.namespace,
      signal: this.#signal,
      changed: () => {
        this.#changed();
      },
      log,
    });
    await this.#detached.restore();
    if (!server) start(temporalAddress, false);
    return {
      pid: process.pid,
      temporalAddress,
      temporalTls,
      namespace: config.namespace,
      queuePrefix: config.queuePrefix,
      searchAttributes: unregistered === undefined,
      devices,
    };
  }

  /** For the log, and for the users of the commands that wait. */
  #notice(line: string): void {
    this.#options.log(line);
    this.#leases.notice(line);
  }

  #inUse(): boolean {
    return this.#leases.count + (this.#detached?.count ?? 0) > 0;
  }

  #changed(): void {
    clearTimeout(this.#linger);
    if (!this.#options.background || this.#inUse()) return;
    this.#linger = setTimeout(() => {
      this.#stop.abort();
    }, this.#config.lingerSeconds * 1000);
  }

  /**
   * Somebody may have removed the announcement by hand, or displaced it in a race: there is only one supervisor in the
   * end. Nor can one go on over a database that turned out to be damaged: commands that wait start the next one, which
   * begins with an empty one.
   */
  async #watchOwnership(): Promise<void> {
    while (!this.#signal.aborted) {
      this.#damage = this.#database?.damage();
      if (this.#damage !== undefined) this.#stop.abort();
      if (!(await stillOwn(this.#config.home, this.#own as Announcement))) {
        this.#options.log('the state folder has another supervisor now, or was moved; this one ends');
        this.#stop.abort();
      }
      await idle(OWNERSHIP_CHECK_MS, this.#signal);
    }
  }

  /** The announcement goes last: until then a new supervisor would meet this one's server on the same database. */
  async #end(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#linger);
    this.#leases.refuse('closing', 'the supervisor ends');
    await Promise.all(this.#workers.map((worker) => worker.stop(WORKER_GRACE_MS)));
    await this.#connection?.close();
    await this.#server?.child.stop(SERVER_GRACE_MS);
    if (this.#damage !== undefined) this.#notice(asideLine(this.#damage, await putAside(this.#config.home)));
    const own = this.#own as Announcement;
    await withdraw(this.#config.home, own);
    await this.#leases.close();
    await removeSocket(own.socket);
  }
}
