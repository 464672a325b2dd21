import { createHash } from 'node:crypto';
import { readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { WorldError } from '../../src/lib/errors.js';
import { type BinarySource, type PinnedBinary, provideBinary } from '../../src/supervisor/pinnedBinary.js';
import { scratchFolder } from '../support/media.js';

const root = scratchFolder();
const GOOD = '#!/bin/sh\necho good\n';

function source(name: string, content: string | Error): BinarySource & { calls: number } {
  return {
    name,
    calls: 0,
    async fetch(folder) {
      this.calls++;
      if (content instanceof Error) throw content;
      const file = path.join(folder, 'fetched');
      await writeFile(file, content);
      return file;
    },
  };
}

const pinned = (...sources: BinarySource[]): PinnedBinary => ({
  name: 'tool',
  version: '1.2.3',
  sha256: { [`${process.platform}-${process.arch}`]: createHash('sha256').update(GOOD).digest('hex') },
  sources,
});
const quiet = (): undefined => undefined;

test('the first source with the pinned bytes is used, and made executable', async () => {
  const folder = path.join(root, 'first');
  const [offline, wrong, good, unneeded] = [
    source('a', new WorldError('offline')),
    source('b', 'bad'),
    source('c', GOOD),
    source('d', GOOD),
  ];
  const file = await provideBinary(pinned(offline, wrong, good, unneeded), folder, quiet);
  expect(file).toBe(path.join(folder, 'tool-1.2.3'));
  expect(readFileSync(file, 'utf8')).toBe(GOOD);
  expect(statSync(file).mode & 0o777).toBe(0o755);
  expect([offline, wrong, good, unneeded].map(({ calls }) => calls)).toEqual([1, 1, 1, 0]);
  expect((await readdir(folder)).sort()).toEqual(['tool-1.2.3', 'tool-1.2.3.json']);
});

test('a cached program is used without asking a source and without a word', async () => {
  const folder = path.join(root, 'cached');
  const good = source('good', GOOD);
  await provideBinary(pinned(good), folder, quiet);
  const lines: string[] = [];
  await provideBinary(pinned(good), folder, (line) => lines.push(line));
  expect(good.calls).toBe(1);
  expect(lines).toEqual([]);
});

test('a cached program whose bytes were changed is replaced', async () => {
  const folder = path.join(root, 'changed');
  const good = source('good', GOOD);
  const file = await provideBinary(pinned(good), folder, quiet);
  writeFileSync(file, GOOD.replace('good', 'evil'));
  utimesSync(file, 1, 1);
  const lines: string[] = [];
  await provideBinary(pinned(good), folder, (line) => lines.push(line));
  expect(readFileSync(file, 'utf8')).toBe(GOOD);
  expect(good.calls).toBe(2);
  expect(lines[0]).toContain('does not have the pinned digest');
});

test('when no source has the pinned bytes nothing is installed, and each is told with its reason', async () => {
  const folder = path.join(root, 'nowhere');
  const attempt = provideBinary(
    pinned(source('here', new WorldError('HTTP 404')), source('there', 'bad')),
    folder,
    quiet,
  );
  await expect(attempt).rejects.toThrow(
    /here: HTTP 404; there: its digest is [0-9a-f]{64}, but [0-9a-f]{64} is pinned/,
  );
  expect(await readdir(folder)).toEqual([]);
});

test('a platform that is not pinned is refused', async () => {
  await expect(provideBinary({ ...pinned(), sha256: { 'plan9-mips': 'x' } }, root, quiet)).rejects.toThrow(
    'pinned are plan9-mips',
  );
});
