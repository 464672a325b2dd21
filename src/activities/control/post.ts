import { lookup as ask, type LookupAddress } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import type { LookupFunction } from 'node:net';
import { isPrivate, literalAddress, PrivateAddress } from '../../lib/privateAddress.js';

export interface Post {
  headers: Record<string, string>;
  body: string;
  /** Addresses of this machine and of private networks are allowed. */
  privateToo: boolean;
  signal: AbortSignal;
}

/**
 * Every address of the name is looked at, and only those are connected to: a name server that changes its mind changes
 * nothing.
 */
const publicOnly: LookupFunction = (host, options, done) => {
  ask(host, { ...options, all: true }, (error, found: LookupAddress[]) => {
    const [first] = found ?? [];
    if (error) done(error, []);
    else if (!first || found.some(({ address }) => isPrivate(address))) done(new PrivateAddress(), []);
    else if (options.all) done(null, found);
    else done(null, first.address, first.family);
  });
};

/**
 * Posts a text. No redirection is followed.
 * @returns the status of the answer.
 * @throws PrivateAddress where that is not allowed, the signal's reason, or what went wrong on the way.
 */
export async function post(url: string, { headers, body, privateToo, signal }: Post): Promise<number> {
  const literal = literalAddress(url);
  if (!privateToo && literal !== undefined && isPrivate(literal)) throw new PrivateAddress();
  const { request } = url.startsWith('https:') ? https : http;
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        agent: false,
        signal,
        ...(!privateToo && { lookup: publicOnly }),
      },
      (response) => {
        resolve(response.statusCode ?? 0);
        // What it says beyond that is nobody's concern.
        response.destroy();
      },
    );
    sent.once('error', reject);
    sent.end(body);
  });
}
