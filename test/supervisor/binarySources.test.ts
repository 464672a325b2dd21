import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { untar } from '../../src/supervisor/binarySources.js';
import { scratchFolder } from '../support/media.js';

const folder = scratchFolder();

test('one file is taken out of a tar archive by its name', async () => {
  writeFileSync(path.join(folder, 'LICENSE'), 'x'.repeat(700));
  writeFileSync(path.join(folder, 'temporal'), Buffer.from([1, 2, 3, 0, 255]));
  await execa('tar', ['cf', 'archive.tar', 'LICENSE', 'temporal'], { cwd: folder });
  const archive = readFileSync(path.join(folder, 'archive.tar'));
  expect(Buffer.from(untar(archive, 'temporal') ?? [])).toEqual(Buffer.from([1, 2, 3, 0, 255]));
  expect(untar(archive, 'LICENSE')).toHaveLength(700);
  expect(untar(archive, 'other')).toBeUndefined();
});
