import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { fileDigest } from '../job/parts.js';
import { sha256Schema } from '../job/spec.js';
import { digestOf } from '../lib/digest.js';
import { overlookDamage, randomName, readJson, replaceJson } from '../lib/durable.js';
import { UserError } from '../lib/errors.js';
import { ignoreMissing } from '../lib/systemErrors.js';
import type { ReleaseFile } from './registry.js';
import { onnxFile } from './store.js';
import { interpolateTorch } from './torch/convert.js';

/** As in Real-ESRGAN's own script. */
export const DEFAULT_DENOISE = 0.5;

const mixedSchema = z.object({ digest: sha256Schema });

export interface DenoiseTwins {
  /** Of the model. */
  name: string;
  /** The one that removes noise, and its twin that leaves it alone. */
  strong: ReleaseFile;
  weak: ReleaseFile;
}

export interface Mixed {
  file: string;
  digest: string;
  /** As it was used: rounded to hundredths. */
  denoise: number;
}

/**
 * The network of a denoise strength: strength * weights + (1 - strength) * weights of its twin that leaves noise
 * alone, as Real-ESRGAN's `-dn` (deep network interpolation, Wang et al. 2019). Mixed once, from the files that were
 * pulled, and kept beside them.
 * @param strength 0 to 1.
 * @param folder of the pulled model.
 * @param digest of its network, which is that of strength 1.
 * @throws UserError for another strength, and when the pulled files were damaged.
 */
export async function mixDenoise(
  { name, strong: strongFile, weak: weakFile }: DenoiseTwins,
  strength: number,
  { folder, digest }: { folder: string; digest: string },
): Promise<Mixed> {
  if (!(strength >= 0 && strength <= 1))
    throw new UserError(`the denoise strength must be from 0 to 1, not ${strength}`);
  const denoise = Math.round(strength * 100) / 100;
  if (denoise === 1) return { file: onnxFile(folder), digest, denoise };
  const file = path.join(folder, `denoise-${denoise.toFixed(2)}.onnx`);
  const record = `${file.slice(0, -'.onnx'.length)}.json`;
  const known = await readJson(record, mixedSchema).catch(overlookDamage);
  if (known && (await fileDigest(file).catch(ignoreMissing)) === known.digest)
    return { file, digest: known.digest, denoise };

  const [strong, weak] = [await source(folder, strongFile, name), await source(folder, weakFile, name)];
  const { onnx } = await interpolateTorch(strong, weak, denoise, strongFile.file);
  await replaceFile(file, onnx);
  const mixed = digestOf(onnx);
  await replaceJson(record, { digest: mixed });
  return { file, digest: mixed, denoise };
}

async function source(folder: string, { file, sha256 }: ReleaseFile, name: string): Promise<Uint8Array> {
  const bytes = await readFile(path.join(folder, file)).catch(ignoreMissing);
  if (bytes && digestOf(bytes) === sha256) return bytes;
  throw new UserError(
    `${file} of model ${name} was damaged on the disk: ` +
      `run \`reelscale models remove ${name}\`, then \`reelscale models pull ${name}\``,
  );
}

async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  const temporary = path.join(path.dirname(file), `.${randomName()}.tmp`);
  try {
    await writeFile(temporary, bytes, { flush: true });
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}
