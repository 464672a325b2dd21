import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  commitPart,
  fileDigest,
  findParts,
  type Part,
  removePart,
  sweepStrays,
  verifyParts,
  wholeParts,
} from '../../src/job/parts.js';
import { PartDamaged } from '../../src/lib/errors.js';
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
    for (const [start, end] of [
      [10, 110],
      [110, 117],
      [117, 217],
    ] as const)
      expect(await commitPart(folder, await write(start, end))).toBe(true);
    expect((await findParts(folder, 10, 300)).map(({ start, end }) => [start, end])).toEqual([
      [10, 110],
      [110, 117],
      [117, 217],
    ]);
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

describe('behind a gap', () => {
  it('whole parts are found again', async () => {
    const parts = [await write(0, 100), await write(150, 200), await write(200, 230)];
    for (const part of parts) await commitPart(folder, part);
    expect(await wholeParts(folder, 0, 300)).toEqual(parts);
  });

  it('parts of another plan, which would overlap or reach beyond the end, are taken out of the way', async () => {
    for (const [start, end] of [
      [0, 100],
      [50, 150],
      [200, 400],
    ] as const)
      await commitPart(folder, await write(start, end));
    expect((await wholeParts(folder, 0, 300)).map(({ start }) => start)).toEqual([0]);
    expect(readdirSync(folder)).toHaveLength(2);
  });
});

describe('a record whose file is gone', () => {
  it('does not win the race for its frames', async () => {
    const lost = await write(0, 100, 'lost');
    await commitPart(folder, lost);
    rmSync(path.join(folder, lost.file));
    const again = await write(0, 100, 'again');
    expect(await commitPart(folder, again)).toBe(true);
    expect(await findParts(folder, 0, 100)).toEqual([again]);
  });

  it('is removed by the slower of two attempts without the good one that the faster has made since', async () => {
    const lost = await write(0, 100, 'lost');
    await commitPart(folder, lost);
    await removePart(folder, lost);
    const again = await write(0, 100, 'again');
    await commitPart(folder, again);
    await removePart(folder, lost);
    expect(await findParts(folder, 0, 100)).toEqual([again]);
  });

  it.each(['"start":0', '"end":100'])('is not believed when a digit of %s was flipped', async (number) => {
    await commitPart(folder, await write(0, 100));
    const record = path.join(folder, '000000000.json');
    writeFileSync(record, readFileSync(record, 'utf8').replace(number, number.replace(/\d(?!\d)/, '9')));
    expect(await wholeParts(folder, 0, 300)).toEqual([]);
    expect(existsSync(record)).toBe(false);
  });
});

describe('strays of killed attempts', () => {
  it('are removed when they are old; a young one and every file of a record stay, behind a gap too', async () => {
    const [part, behind] = [await write(0, 100), await write(200, 300)];
    await commitPart(folder, part);
    await commitPart(folder, behind);
    const old = await write(100, 150);
    const young = await write(100, 160);
    const hourAgo = Date.now() / 1000 - 3600;
    for (const file of [part.file, behind.file, old.file]) utimesSync(path.join(folder, file), hourAgo, hourAgo);
    await sweepStrays(folder);
    expect(readdirSync(folder).sort()).toEqual(
      ['000000000.json', '000000200.json', part.file, behind.file, young.file].sort(),
    );
  });
});
