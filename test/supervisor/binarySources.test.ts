import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { unpackFile } from '../../src/supervisor/binarySources.js';
import { scratchFolder } from '../support/media.js';

const folder = scratchFolder();

const unpacked = path.join(folder, 'unpacked');

test('one file is taken out of a tar archive by its name', async () => {
  writeFileSync(path.join(folder, 'LICENSE'), 'x'.repeat(700));
  writeFileSync(path.join(folder, 'temporal'), Buffer.from([1, 2, 3, 0, 255]));
  await execa('tar', ['czf', 'archive.tar.gz', 'LICENSE', 'temporal'], { cwd: folder });
  const archive = new Uint8Array(readFileSync(path.join(folder, 'archive.tar.gz')));
  expect(await unpackFile(archive, 'temporal', unpacked)).toBe(true);
  expect(readFileSync(unpacked)).toEqual(Buffer.from([1, 2, 3, 0, 255]));
  expect(await unpackFile(archive, 'LICENSE', unpacked)).toBe(true);
  expect(readFileSync(unpacked)).toHaveLength(700);
  expect(await unpackFile(archive, 'other', unpacked)).toBe(false);
});

test('a tar archive that is cut off is refused, not taken for one of a shorter file', async () => {
  writeFileSync(path.join(folder, 'temporal'), Buffer.alloc(5000, 7));
  await execa('tar', ['cf', 'archive.tar', 'temporal'], { cwd: folder });
  const half = gzipSync(readFileSync(path.join(folder, 'archive.tar')).subarray(0, 3000));
  await expect(unpackFile(new Uint8Array(half), 'temporal', unpacked)).rejects.toThrow();
});
