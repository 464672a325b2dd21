import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import net from 'node:net';
import {
  type FromSupervisor,
  type Request,
  receive,
  type SupervisorInfo,
  send,
  toSupervisorSchema,
} from '../client/connection/supervisorProtocol.js';
import { buildId, packageVersion } from '../lib/project.js';

export interface LeaseServerEvents {
  /** A command was welcomed, or its connection ended. */
  changed(): void;
  detach(workflowId: string): Promise<void>;
  isDetached(workflowId: string): boolean;
  /**
   * An older or newer command came, or another supervisor: end if nobody else needs this supervisor, so that it can
   * start its own. @returns whether it ends.
   */
  superseded(): boolean;
}

type Answer = Extract<FromSupervisor, { type: 'welcome' | 'refused' }>;

/**
 * The supervisor's end of the leases. Commands that come early wait for `open`, those that come late are sent away.
 */
export class LeaseServer {
  /** Which workflows each command waits for. */
  readonly #leases = new Map<net.Socket, Set<string>>();
  readonly #connections = new Set<net.Socket>();
  readonly #server = net.createServer((socket) => {
    this.#accept(socket);
  });
  readonly #events: LeaseServerEvents;
  #answer: Answer | undefined;

  constructor(events: LeaseServerEvents) {
    this.#events = events;
  }

  /** Connections that hold a lease or wait for one. */
  get count(): number {
    return this.#leases.size;
  }

  async listen(socket: string): Promise<void> {
    this.#server.listen(socket);
    await once(this.#server, 'listening');
    await chmod(socket, 0o600);
  }

  open(info: SupervisorInfo): void {
    this.#decide({ type: 'welcome', info });
  }

  refuse(reason: 'closing' | 'failed', message: string): void {
    this.#decide({ type: 'refused', reason, message });
  }

  notice(message: string): void {
    for (const socket of this.#leases.keys()) send(socket, { type: 'notice', message });
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#connections) socket.end();
    await Promise.race([once(this.#server, 'close'), new Promise((resolve) => setTimeout(resolve, 500))]);
    for (const socket of this.#connections) socket.destroy();
  }

  /**
   * The first answer goes to those that wait for it; whoever was welcomed before learns of the end by the closed
   * connection.
   */
  #decide(answer: Answer): void {
    const waiting = this.#answer === undefined;
    this.#answer = answer;
    if (waiting) for (const socket of this.#leases.keys()) send(socket, answer);
  }

  #accept(socket: net.Socket): void {
    this.#connections.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#connections.delete(socket);
      if (this.#leases.delete(socket)) this.#events.changed();
    });
    receive(socket, toSupervisorSchema, (message) => {
      if (message.type === 'hello') this.#hello(socket, message);
      else void this.#request(socket, message);
    });
  }

  async #request(socket: net.Socket, { type, id, workflowId }: Request): Promise<void> {
    if (type === 'watch') this.#leases.get(socket)?.add(workflowId);
    if (type === 'detach') await this.#events.detach(workflowId);
    const watchers = [...this.#leases].filter(
      ([other, watched]) => other !== socket && watched.has(workflowId),
    ).length;
    send(socket, { type: 'answer', id, others: watchers + (this.#events.isDetached(workflowId) ? 1 : 0) });
  }

  #hello(socket: net.Socket, hello: { version: string; build: string; takesOver?: true | undefined }): void {
    if (hello.takesOver || hello.version !== packageVersion || hello.build !== buildId) {
      if (this.#events.superseded())
        send(socket, { type: 'refused', reason: 'closing', message: 'the supervisor ends, for another one' });
      else send(socket, { type: 'refused', reason: 'mismatch', message: mismatch(hello) });
      return;
    }
    this.#leases.set(socket, new Set());
    this.#events.changed();
    if (this.#answer) send(socket, this.#answer);
  }
}

function mismatch(hello: { version: string; build: string }): string {
  return (
    `another version of reelscale is at work (${packageVersion}, build ${buildId}; ` +
    `this is ${hello.version}, build ${hello.build}): ` +
    `wait until its jobs are done, or stop it with: kill ${process.pid}`
  );
}
