import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../lib/errors.js';
import { homeLayout } from './home.js';
import type { SupervisorInfo } from './supervisorProtocol.js';

/** Name of the embedded server in its certificate: whoever connects asks for it, at whatever port. */
export const SERVER_NAME = 'reelscale';

/** PEM texts. One certificate serves both ends: who has its key may connect, and only who has it is connected to. */
export interface ServerTls {
  ca: string;
  cert: string;
  key: string;
}

export const TLS_FILES = { ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem' } as const;
const fileOf = (home: string, name: keyof typeof TLS_FILES): string =>
  path.join(homeLayout(home).tls, TLS_FILES[name]);

/**
 * Temporal's own variables, by which its command line and workers that are started separately reach the embedded
 * server.
 */
export const tlsEnvironment = (home: string): Record<string, string> => ({
  TEMPORAL_TLS: 'true',
  TEMPORAL_TLS_SERVER_NAME: SERVER_NAME,
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: fileOf(home, 'ca'),
  TEMPORAL_TLS_CLIENT_CERT_PATH: fileOf(home, 'cert'),
  TEMPORAL_TLS_CLIENT_KEY_PATH: fileOf(home, 'key'),
});

/** The environment of a worker of the server that a supervisor serves. */
export const serverEnvironment = (
  home: string,
  { temporalAddress, temporalTls }: Pick<SupervisorInfo, 'temporalAddress' | 'temporalTls'>,
): Record<string, string> => ({
  TEMPORAL_ADDRESS: temporalAddress,
  ...(temporalTls && tlsEnvironment(home)),
});

/** Connection options for client and worker. */
export const clientTls = ({ ca, cert, key }: ServerTls) => ({
  serverNameOverride: SERVER_NAME,
  serverRootCACertificate: Buffer.from(ca),
  clientCertPair: { crt: Buffer.from(cert), key: Buffer.from(key) },
});

/** @throws UserError where others could have read the key; the error of the file system where it is not there. */
export async function readServerTls(home: string): Promise<ServerTls> {
  if ((await stat(fileOf(home, 'key'))).mode & 0o077)
    throw new UserError(
      `${fileOf(home, 'key')} can be read by others, so it keeps nobody out: ` +
        `remove ${homeLayout(home).tls}, and new ones are made`,
    );
  const [ca, cert, key] = await Promise.all([
    readFile(fileOf(home, 'ca'), 'utf8'),
    readFile(fileOf(home, 'cert'), 'utf8'),
    readFile(fileOf(home, 'key'), 'utf8'),
  ]);
  return { ca, cert, key };
}
