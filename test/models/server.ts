import { existsSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * A server on this host until the tests end. `answer` may be replaced; every request is remembered as its path and
 * range.
 */
export class TestServer {
  answer: Answer = (_, response) => {
    response.writeHead(404).end();
  };
  readonly requests: string[] = [];
  readonly #server = createServer((request, response) => {
    this.requests.push([request.url, request.headers.range].filter(Boolean).join(' '));
    this.answer(request, response);
  });

  constructor() {
    afterAll(() => {
      this.#server.closeAllConnections();
      this.#server.close();
    });
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
}

/** Serves a file as a good server does: the part that is asked for. */
export function serving(bytes: Uint8Array): Answer {
  return (request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? NaN);
    if (from >= bytes.length) return void response.writeHead(416).end();
    if (Number.isNaN(from)) return void response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    response
      .writeHead(206, {
        'content-length': bytes.length - from,
        'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
      })
      .end(bytes.subarray(from));
  };
}

/** Promises all and breaks the connection after some bytes, once the client has them in its file. */
export function cutting(bytes: Uint8Array, after: number, file: string): Answer {
  return (_, response) => {
    response.writeHead(200, { 'content-length': bytes.length });
    response.write(bytes.subarray(0, after));
    const look = setInterval(() => {
      if (!existsSync(file) || statSync(file).size < after) return;
      clearInterval(look);
      response.destroy();
    }, 5);
    response.once('close', () => {
      clearInterval(look);
    });
  };
}
