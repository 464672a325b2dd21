import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { fileDigest } from '../../job/parts.js';
import { type JobSpec, sha256Schema } from '../../job/spec.js';
import { digestOf } from '../../lib/digest.js';
import { overlookDamage, readJson, replaceJson } from '../../lib/durable.js';

const cachedDigestSchema = z.object({ size: z.number(), mtimeMs: z.number(), ino: z.number(), sha256: sha256Schema });

/** The digest of a source, remembered by path, size, mtime and inode: a film is read once. */
export async function sourceDigest(jobsRoot: string, file: string): Promise<JobSpec['source']> {
  const { size, mtimeMs, ino } = await stat(file);
  const cache = path.join(jobsRoot, 'digests', `${digestOf(file).slice(0, 32)}.json`);
  const known = await readJson(cache, cachedDigestSchema).catch(overlookDamage);
  if (known?.size === size && known.mtimeMs === mtimeMs && known.ino === ino)
    return { size, mtimeMs, digest: known.sha256 };
  const sha256 = await fileDigest(file);
  await mkdir(path.dirname(cache), { recursive: true });
  await replaceJson(cache, { size, mtimeMs, ino, sha256 });
  return { size, mtimeMs, digest: sha256 };
}
