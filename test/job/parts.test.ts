import { mkdirSync, readdirSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { PartDamaged } from '../../src/job/errors.js';
import { commitPart, endOfGap, fileDigest, findParts, sweepStrays, verifyParts, type Part } from '../../src/job/parts.js';
import { scratchFolder } from '../support/media.js';

const root = scratchFolder();
let folder: string;
let count = 0;
beforeEach(() => {
  folder = path.join(root, String(count++));
  mkdirSync(folder);
});

async function write(start: number, end: number, text = `frames ${start} to ${end}`): Promise<Part> {
  const file = `${start}-${end}-${Math.random().toString(16).slice(2)}.nut`;
  const full = path.join(folder, file);
  writeFileSync(full, text);
  return { start, end, file, bytes: Buffer.byteLength(text), sha256: await fileDigest(full), tools: {} };
}

describe('committed parts', () => {
  it('are found as a chain of any lengths', async () => {
    for (const [start, end] of [[10, 110], [110, 117], [117, 217]] as const) expect(await commitPart(folder, await write(start, end))).toBe(true);
    expect((await findParts(folder, 10, 300)).map(({ start, end }) => [start, end])).toEqual([[10, 110], [110, 117], [117, 217]]);
  });

  it('end at the first gap', async () => {
    await commitPart(folder, await write(0, 100));
    await commitPart(folder, await write(200, 300));
    expect((await findParts(folder, 0, 300)).at(-1)?.end).toBe(100);
  });

  it('belong to whoever was first, and the loser removes its own file', async () => {
    const first = await write(0, 100, 'first');
    const late = await write(0, 60, 'late');
    expect(await commitPart(folder, first)).toBe(true);
    expect(await commitPart(folder, late)).toBe(false);
    expect(await findParts(folder, 0, 100)).toEqual([first]);
    expect(readdirSync(folder)).not.toContain(late.file);
  });

  it('do not count when their file was truncated', async () => {
    await commitPart(folder, await write(0, 100));
    const second = await write(100, 200);
    await commitPart(folder, second);
    truncateSync(path.join(folder, second.file), 3);
    expect((await findParts(folder, 0, 200)).at(-1)?.end).toBe(100);
    expect(readdirSync(folder)).not.toContain('000000100.json');
  });

  it('do not count when their record is half written', async () => {
    await commitPart(folder, await write(0, 100));
    writeFileSync(path.join(folder, '000000100.json'), '{"start":100,"en');
    expect((await findParts(folder, 0, 200)).at(-1)?.end).toBe(100);
  });

  it('are removed and reported when a byte was flipped', async () => {
    const part = await write(0, 100, 'picture');
    await commitPart(folder, part);
    writeFileSync(path.join(folder, part.file), 'pictury');
    const found = await findParts(folder, 0, 100);
    await expect(verifyParts(folder, found)).rejects.toThrow(PartDamaged);
    expect(await findParts(folder, 0, 100)).toEqual([]);
  });

  it('cannot be committed into a removed folder', async () => {
    const part = await write(0, 100);
    rmSync(folder, { recursive: true });
    await expect(commitPart(folder, part)).rejects.toThrow('ENOENT');
  });
});

describe('a gap between committed parts', () => {
  it('ends where the next part begins, or with the segment', async () => {
    await commitPart(folder, await write(0, 100));
    await commitPart(folder, await write(150, 200));
    expect(await endOfGap(folder, 100, 300)).toBe(150);
    expect(await endOfGap(folder, 200, 300)).toBe(300);
  });
});

describe('strays of killed attempts', () => {
  it('are removed when they are old, and a young one stays', async () => {
    const part = await write(0, 100);
    await commitPart(folder, part);
    const old = await write(100, 150);
    const young = await write(100, 160);
    const hourAgo = Date.now() / 1000 - 3600;
    for (const file of [part.file, old.file]) utimesSync(path.join(folder, file), hourAgo, hourAgo);
    await sweepStrays(folder, [part]);
    expect(readdirSync(folder).sort()).toEqual(['000000000.json', part.file, young.file].sort());
  });
});
