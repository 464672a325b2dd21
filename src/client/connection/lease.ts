import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, statSync } from 'node:fs';
import type net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../../temporal.config.js';
import { UserError, WorldError } from '../../lib/errors.js';
import { buildId, entryFile, packageVersion } from '../../lib/project.js';
import { ignoreKnown } from '../../lib/systemErrors.js';
import { reach, readAnnouncement } from './announcement.js';
import { configEnvironment } from './environment.js';
import { homeLayout, prepareHome } from './home.js';
import { logTail, openLog } from './logFile.js';
import {
  type FromSupervisor,
  fromSupervisorSchema,
  type Request,
  receive,
  type SupervisorInfo,
  send,
} from './supervisorProtocol.js';

const POLL_MS = 25;
/**
 * Covers a first start that fetches the Temporal program, and a predecessor that lets its workers commit their parts.
 */
const PATIENCE_MS = 180_000;

export interface Lease {
  /** Of the supervisor that is there now. */
  readonly info: SupervisorInfo;
  /** True when this command started it. */
  readonly started: boolean;
  /** Tells others that this command waits for the workflow. */
  watch(workflowId: string): Promise<void>;
  /** How many other commands wait for the workflow; a detached one counts as waited for. */
  otherWatchers(workflowId: string): Promise<number>;
  /** Hands the lease for a workflow over to the supervisor, which holds it until that workflow has ended. */
  detach(workflowId: string): Promise<void>;
  release(): Promise<void>;
  /** Resolves after `release`; rejects when the supervisor died and no other one could be started. */
  readonly closed: Promise<void>;
}

interface Held {
  socket: net.Socket;
  info: SupervisorInfo;
  started: boolean;
}

/**
 * Takes a lease on the supervisor of the state folder, which is started in the background when there is none. It is
 * held until `release`, across a crash of the supervisor.
 * @param events.onEvent called with lines that the user should read.
 * @throws UserError when another version of the program is at work, WorldError when no supervisor can be started.
 */
export async function acquireLease(
  config: Config,
  events: { onEvent?: (line: string) => void; signal?: AbortSignal } = {},
): Promise<Lease> {
  const releasing = new AbortController();
  const signal = events.signal ? AbortSignal.any([events.signal, releasing.signal]) : releasing.signal;
  const watched = new Set<string>();
  const asked = new Map<number, { request: Request; resolve: (others: number) => void }>();
  let requests = 0;
  const handle = (message: FromSupervisor): void => {
    if (message.type === 'notice') events.onEvent?.(message.message);
    if (message.type !== 'answer') return;
    asked.get(message.id)?.resolve(message.others);
    asked.delete(message.id);
  };
  let held = await take(config, handle, signal);
  const { started } = held;

  function ask(type: Request['type'], workflowId: string): Promise<number> {
    const request = { type, workflowId, id: requests++ };
    const answer = new Promise<number>((resolve) => {
      asked.set(request.id, { request, resolve });
    });
    send(held.socket, request);
    return Promise.race([answer, closed.then(() => 0)]);
  }

  async function hold(): Promise<void> {
    for (;;) {
      if (!held.socket.closed) await new Promise((resolve) => held.socket.once('close', resolve));
      if (releasing.signal.aborted) return;
      events.onEvent?.('the supervisor is gone; another one is started');
      held = await take(config, handle, signal);
      for (const workflowId of watched) send(held.socket, { type: 'watch', workflowId, id: requests++ });
      // What the old one was asked and did not answer, the new one is asked again.
      for (const { request } of asked.values()) send(held.socket, request);
      events.onEvent?.('a new supervisor is at work');
    }
  }
  const closed = hold();
  // Who asks for it later learns of it: until then it is no error that nobody heard of.
  closed.catch(ignoreKnown);

  return {
    get info() {
      return held.info;
    },
    started,
    async watch(workflowId) {
      watched.add(workflowId);
      await ask('watch', workflowId);
    },
    otherWatchers: (workflowId) => ask('others', workflowId),
    async detach(workflowId) {
      await ask('detach', workflowId);
    },
    async release() {
      releasing.abort();
      held.socket.destroy();
      // A lease that was lost is released too.
      await closed.catch(ignoreKnown);
    },
    closed,
  };
}

/** Connects, and starts a supervisor whenever none is there. */
async function take(config: Config, handle: (message: FromSupervisor) => void, signal: AbortSignal): Promise<Held> {
  prepareHome(config.home);
  const log = homeLayout(config.home).log('supervisor');
  const until = Date.now() + PATIENCE_MS;
  let starter: Starter | undefined;
  while (Date.now() < until) {
    signal.throwIfAborted();
    const socket = await reach(config.home, await readAnnouncement(config.home));
    if (socket) {
      const info = await greet(socket, handle, signal);
      if (info) return { socket, info, started: info.pid === starter?.child.pid };
    } else if (starter?.child.exitCode) {
      throw new WorldError(
        `the supervisor ended with code ${starter.child.exitCode}:\n${logTail(log, 5, starter.logBytes)}`,
      );
    } else if (!starter || hasEnded(starter.child)) {
      starter = startInBackground(config, log);
    }
    await sleep(POLL_MS, undefined, { signal });
  }
  throw new WorldError(`no supervisor answered within ${PATIENCE_MS / 1000} s; its log: ${log}`);
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

/** @returns undefined when the supervisor is about to end: ask again. */
function greet(
  socket: net.Socket,
  handle: (message: FromSupervisor) => void,
  signal: AbortSignal,
): Promise<SupervisorInfo | undefined> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      socket.destroy();
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', abort, { once: true });
    socket.once('close', () => {
      signal.removeEventListener('abort', abort);
      resolve(undefined);
    });
    receive(socket, fromSupervisorSchema, (message) => {
      if (message.type === 'welcome') {
        signal.removeEventListener('abort', abort);
        resolve(message.info);
      } else if (message.type === 'refused') {
        socket.destroy();
        if (message.reason === 'mismatch') reject(new UserError(message.message));
        if (message.reason === 'failed') reject(new WorldError(message.message));
      } else {
        handle(message);
      }
    });
    send(socket, { type: 'hello', version: packageVersion, build: buildId });
  });
}

interface Starter {
  child: ChildProcess;
  /** Length of the log before the start: what follows is this supervisor's. */
  logBytes: number;
}

/** In a session of its own, so that it outlives this command and no Ctrl-C reaches it. */
function startInBackground(config: Config, log: string): Starter {
  const fd = openLog(log);
  try {
    const logBytes = statSync(log).size;
    const child = spawn(process.execPath, [entryFile('supervisor/supervisorMain.js')], {
      cwd: config.home,
      detached: true,
      env: configEnvironment(config),
      stdio: ['ignore', fd, fd],
    });
    child.unref();
    return { child, logBytes };
  } finally {
    closeSync(fd);
  }
}
