import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { overlookDamage, readJson, replaceJson } from '../lib/durable.js';
import { UserError, WorldError } from '../lib/errors.js';
import { ignoreMissing } from '../lib/systemErrors.js';

/** One program at one version, the same bytes wherever it comes from. */
export interface PinnedBinary {
  name: string;
  version: string;
  /** SHA-256 of the executable by `<process.platform>-<process.arch>`. */
  sha256: Partial<Record<string, string>>;
  sources: BinarySource[];
}

export interface BinarySource {
  /** For people, in messages. */
  name: string;
  /** Puts the executable somewhere below an empty folder and returns its path. */
  fetch(folder: string, binary: PinnedBinary): Promise<string>;
}

const verifiedSchema = z.object({ bytes: z.number(), mtimeMs: z.number(), sha256: z.string() });

/** @returns path of the executable in `folder`, fetched from the first source that gives the pinned bytes. */
export async function provideBinary(
  binary: PinnedBinary,
  folder: string,
  log: (line: string) => void,
): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  const sha256 = binary.sha256[platform];
  if (!sha256)
    throw new UserError(
      `${binary.name} ${binary.version} is not pinned for ${platform}; ` +
        `pinned are ${Object.keys(binary.sha256).join(', ')}`,
    );
  const file = path.join(folder, `${binary.name}-${binary.version}`);
  const cached = await verify(file, sha256);
  if (cached === 'good') return file;
  if (cached === 'wrong') log(`${file} does not have the pinned digest; it is replaced`);

  await mkdir(folder, { recursive: true });
  const problems: string[] = [];
  for (const source of binary.sources) {
    const scratch = await mkdtemp(path.join(folder, '.fetch-'));
    try {
      log(`getting ${binary.name} ${binary.version} from ${source.name}`);
      const fetched = await source.fetch(scratch, binary);
      const found = await digest(fetched);
      if (found !== sha256) throw new WorldError(`its digest is ${found}, but ${sha256} is pinned`);
      await chmod(fetched, 0o755);
      await rename(fetched, file);
      await remember(file, sha256);
      return file;
    } catch (error) {
      problems.push(`${source.name}: ${(error as Error).message.split('\n')[0] ?? ''}`);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }
  throw new WorldError(`${binary.name} ${binary.version} could not be had. ${problems.join('; ')}`);
}

/** Hashing 150 MB takes half a second, so it is done again only after the file's size or time has changed. */
async function verify(file: string, sha256: string): Promise<'good' | 'wrong' | 'missing'> {
  const info = await stat(file).catch(ignoreMissing);
  if (!info) return 'missing';
  const known = await readJson(`${file}.json`, verifiedSchema).catch(overlookDamage);
  if (known?.bytes === info.size && known.mtimeMs === info.mtimeMs && known.sha256 === sha256) return 'good';
  if ((await digest(file)) !== sha256) return 'wrong';
  await remember(file, sha256);
  return 'good';
}

async function remember(file: string, sha256: string): Promise<void> {
  const { size, mtimeMs } = await stat(file);
  await replaceJson(`${file}.json`, { bytes: size, mtimeMs, sha256 });
}

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}
