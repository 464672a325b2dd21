import { webcrypto } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { hasCode } from '../job/durable.js';
import { UserError } from '../job/errors.js';
import { homeLayout } from './home.js';
import type { SupervisorInfo } from './protocol.js';

/** Name of the embedded server in its certificate: whoever connects asks for it, at whatever port. */
const SERVER_NAME = 'reelscale';

/** PEM texts. One certificate serves both ends: who has its key may connect, and only who has it is connected to. */
export interface ServerTls {
  ca: string;
  cert: string;
  key: string;
}

const FILES = { ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem' } as const;
const fileOf = (home: string, name: keyof typeof FILES): string => path.join(homeLayout(home).tls, FILES[name]);

/** Temporal's own variables, by which its command line and workers that are started separately reach the embedded server. */
export const tlsEnvironment = (home: string): Record<string, string> => ({
  TEMPORAL_TLS: 'true',
  TEMPORAL_TLS_SERVER_NAME: SERVER_NAME,
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: fileOf(home, 'ca'),
  TEMPORAL_TLS_CLIENT_CERT_PATH: fileOf(home, 'cert'),
  TEMPORAL_TLS_CLIENT_KEY_PATH: fileOf(home, 'key'),
});

/** The environment of a worker of the server that a supervisor serves. */
export const serverEnvironment = (home: string, { temporalAddress, temporalTls }: Pick<SupervisorInfo, 'temporalAddress' | 'temporalTls'>): Record<string, string> => ({
  TEMPORAL_ADDRESS: temporalAddress, ...(temporalTls && tlsEnvironment(home)),
});

/** Connection options for client and worker. */
export const clientTls = ({ ca, cert, key }: ServerTls) => ({
  serverNameOverride: SERVER_NAME,
  serverRootCACertificate: Buffer.from(ca),
  clientCertPair: { crt: Buffer.from(cert), key: Buffer.from(key) },
});

/** @throws UserError where others could have read the key; the error of the file system where it is not there. */
export async function readServerTls(home: string): Promise<ServerTls> {
  if ((await stat(fileOf(home, 'key'))).mode & 0o077) throw new UserError(`${fileOf(home, 'key')} can be read by others, so it keeps nobody out: remove ${homeLayout(home).tls}, and new ones are made`);
  const [ca, cert, key] = await Promise.all([readFile(fileOf(home, 'ca'), 'utf8'), readFile(fileOf(home, 'cert'), 'utf8'), readFile(fileOf(home, 'key'), 'utf8')]);
  return { ca, cert, key };
}

/** Reads the state folder's certificate and key, and makes them once. */
export async function provideServerTls(home: string): Promise<ServerTls> {
  const { tls } = homeLayout(home);
  for (;;) {
    try {
      return await readServerTls(home);
    } catch (error) {
      if (!hasCode(error, 'ENOENT')) throw error;
    }
    const made = await makeServerTls();
    await mkdir(home, { recursive: true });
    // Of mode 700, and given its name whole: of two that make one, the first wins.
    const scratch = await mkdtemp(path.join(home, '.tls-'));
    try {
      for (const name of ['ca', 'cert', 'key'] as const) await writeFile(path.join(scratch, FILES[name]), made[name], { mode: 0o600, flush: true });
      await rename(scratch, tls);
    } catch (error) {
      if (!hasCode(error, 'EEXIST', 'ENOTEMPTY')) throw error;
      if (!(await stat(fileOf(home, 'key')).catch(() => undefined))) throw new UserError(`${tls} holds no key: move it away, and a new one is made`);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

/** An authority of its own, whose key is forgotten at once, and the one certificate that it ever signs. */
async function makeServerTls(): Promise<ServerTls> {
  // Only here, once for a state folder: it takes a while to load.
  await import('reflect-metadata');
  const { BasicConstraintsExtension, cryptoProvider, ExtendedKeyUsage, ExtendedKeyUsageExtension, PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator } = await import('@peculiar/x509');
  cryptoProvider.set(webcrypto as unknown as Parameters<typeof cryptoProvider.set>[0]);
  const newKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const [authority, keys] = [await newKeys(), await newKeys()];
  const common = { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + 50 * 365 * DAY_MS), signingAlgorithm: ALGORITHM };
  const ca = await X509CertificateGenerator.createSelfSigned({ ...common, serialNumber: '01', name: 'CN=Reelscale state folder', keys: authority, extensions: [new BasicConstraintsExtension(true, 0, true)] });
  const cert = await X509CertificateGenerator.create({
    ...common, serialNumber: '02', issuer: ca.subject, subject: `CN=${SERVER_NAME}`, publicKey: keys.publicKey, signingKey: authority.privateKey,
    extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: SERVER_NAME }]), new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth])],
  });
  const key = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { ca: ca.toString('pem'), cert: cert.toString('pem'), key };
}
