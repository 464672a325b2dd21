import { webcrypto } from 'node:crypto';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { homeLayout } from '../client/connection/home.js';
import { readServerTls, SERVER_NAME, type ServerTls, TLS_FILES } from '../client/connection/serverTls.js';
import { UserError } from '../lib/errors.js';
import { hasCode, ignoreMissing } from '../lib/systemErrors.js';

/** Reads the state folder's certificate and key, and makes them once. */
export async function provideServerTls(home: string): Promise<ServerTls> {
  const { tls } = homeLayout(home);
  for (;;) {
    try {
      return await readServerTls(home);
    } catch (error) {
      ignoreMissing(error);
    }
    const made = await makeServerTls();
    await mkdir(home, { recursive: true });
    // Of mode 700, and given its name whole: of two that make one, the first wins.
    const scratch = await mkdtemp(path.join(home, '.tls-'));
    try {
      for (const name of ['ca', 'cert', 'key'] as const)
        await writeFile(path.join(scratch, TLS_FILES[name]), made[name], { mode: 0o600, flush: true });
      await rename(scratch, tls);
    } catch (error) {
      if (!hasCode(error, 'EEXIST', 'ENOTEMPTY')) throw error;
      if (!(await stat(path.join(tls, TLS_FILES.key)).catch(ignoreMissing)))
        throw new UserError(`${tls} holds no key: move it away, and a new one is made`);
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
  const {
    BasicConstraintsExtension,
    cryptoProvider,
    ExtendedKeyUsage,
    ExtendedKeyUsageExtension,
    PemConverter,
    SubjectAlternativeNameExtension,
    X509CertificateGenerator,
  } = await import('@peculiar/x509');
  cryptoProvider.set(webcrypto as unknown as Parameters<typeof cryptoProvider.set>[0]);
  const newKeys = () => webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const [authority, keys] = [await newKeys(), await newKeys()];
  const common = {
    notBefore: new Date(Date.now() - DAY_MS),
    notAfter: new Date(Date.now() + 50 * 365 * DAY_MS),
    signingAlgorithm: ALGORITHM,
  };
  const ca = await X509CertificateGenerator.createSelfSigned({
    ...common,
    serialNumber: '01',
    name: 'CN=Reelscale state folder',
    keys: authority,
    extensions: [new BasicConstraintsExtension(true, 0, true)],
  });
  const cert = await X509CertificateGenerator.create({
    ...common,
    serialNumber: '02',
    issuer: ca.subject,
    subject: `CN=${SERVER_NAME}`,
    publicKey: keys.publicKey,
    signingKey: authority.privateKey,
    extensions: [
      new SubjectAlternativeNameExtension([{ type: 'dns', value: SERVER_NAME }]),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth, ExtendedKeyUsage.clientAuth]),
    ],
  });
  const key = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { ca: ca.toString('pem'), cert: cert.toString('pem'), key };
}
