import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { fileDigest } from '../job/parts.js';
import { UserError, WorldError } from '../lib/errors.js';
import { isFile } from '../lib/files.js';
import { download } from './download.js';
import type { ReleaseFile } from './registry.js';
import { withPartial } from './workFolder.js';

export interface ReleaseOptions {
  modelsRoot: string;
  work: string;
  /** URL below which the releases lie. */
  releases: string;
  signal: AbortSignal | undefined;
  log: (line: string) => void;
}

/**
 * The bytes of a release file: one that lies in the models folder already (put there by hand for a host without a
 * network), else downloaded.
 * @throws UserError when it has another digest. @throws WorldError when it cannot be downloaded.
 */
export async function obtainRelease(
  { tag, file, sha256 }: ReleaseFile,
  { modelsRoot, work, releases, signal, log }: ReleaseOptions,
): Promise<Uint8Array> {
  const present = path.join(modelsRoot, file);
  if (await isFile(present)) {
    if ((await fileDigest(present, signal)) !== sha256)
      throw new UserError(`${file} in the models folder has another digest than the one expected: nothing was stored`);
    return readFile(present);
  }
  const url = `${releases}/${tag}/${file}`;
  log(`downloading ${url}`);
  return withPartial(modelsRoot, work, sha256, async (partial) => {
    try {
      await download({ url, sha256, file: partial, signal });
    } catch (error) {
      if (error instanceof WorldError)
        throw new WorldError(`${error.message}: check the network, or put ${file} into ${modelsRoot}`);
      throw error;
    }
    const bytes = await readFile(partial);
    await rm(partial);
    return bytes;
  });
}
