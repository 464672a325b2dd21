import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ignoreMissing, ignoreUnreachable, isSystemError } from '../../src/lib/systemErrors.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'reelscale-errors-'));
  await writeFile(path.join(folder, 'file'), '');
  await symlink('circle', path.join(folder, 'circle'));
});
afterAll(() => rm(folder, { recursive: true }));

test('a name that nothing has, and one below a file, is not there', async () => {
  expect(await stat(path.join(folder, 'none')).catch(ignoreMissing)).toBeUndefined();
  expect(await stat(path.join(folder, 'file', 'below')).catch(ignoreMissing)).toBeUndefined();
});

test('what the system cannot tell is no absence, except of a name that a person gave', async () => {
  const circle = path.join(folder, 'circle');
  await expect(stat(circle).catch(ignoreMissing)).rejects.toThrow('ELOOP');
  expect(await stat(circle).catch(ignoreUnreachable)).toBeUndefined();
  const away = Object.assign(new Error('input/output error'), { code: 'EIO' });
  expect(() => ignoreMissing(away)).toThrow(away);
  expect(() => ignoreUnreachable(away)).toThrow(away);
});

test('a refusal of the system is told from bytes that zlib cannot read', async () => {
  const refused: unknown = await stat(path.join(folder, 'none')).catch((error: unknown) => error);
  expect(isSystemError(refused)).toBe(true);
  let damaged: unknown;
  try {
    inflateRawSync(Buffer.from('no deflate stream'));
  } catch (error) {
    damaged = error;
  }
  expect(damaged).toHaveProperty('errno');
  expect(isSystemError(damaged)).toBe(false);
});
