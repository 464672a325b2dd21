import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  publishJson,
  publishKept,
  readJson,
  readKept,
  readRemakable,
  replaceJson,
  replaceKept,
  takeAway,
} from '../../src/lib/durable.js';
import { RecordDamaged } from '../../src/lib/errors.js';
import { scratchFolder } from '../support/media.js';

const folder = scratchFolder();
const schema = z.object({ frames: z.number(), name: z.string(), list: z.array(z.number()) });
const value = { frames: 1234, name: 'a', list: [5, 6] };
let count = 0;
const newFile = (): string => path.join(folder, `${count++}.json`);

function flip(file: string, at: number, bits = 0x01): void {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] as number) ^ bits;
  writeFileSync(file, bytes);
}

describe('a record on the disk', () => {
  it('with any one byte changed is told apart, or says the same', async () => {
    const file = newFile();
    await publishJson(file, value);
    const { length } = readFileSync(file);
    for (let at = 0; at < length; at++) {
      flip(file, at);
      const read = await readJson(file, schema).catch((error: unknown) => error);
      if (read instanceof RecordDamaged) expect(read.message).toMatch(`${file} is damaged (`);
      else expect(read, String(at)).toEqual(value);
      flip(file, at);
    }
    expect(await readJson(file, schema)).toEqual(value);
  });

  it('of an earlier release, without a checksum, is read', async () => {
    const file = newFile();
    writeFileSync(file, JSON.stringify(value));
    expect(await readJson(file, schema)).toEqual(value);
    writeFileSync(file, '[1]\n');
    expect(await readJson(file, z.array(z.number()))).toEqual([1]);
  });

  it('that its reader makes again is put aside when it is damaged', async () => {
    const file = newFile();
    await replaceJson(file, value);
    flip(file, 12);
    expect(await readRemakable(file, schema)).toBeUndefined();
    expect(existsSync(file)).toBe(false);
    expect(existsSync(`${file}.damaged`)).toBe(true);
    expect(await publishJson(file, value)).toBe(true);
  });

  it('that cannot be read for another reason is not taken for missing', async () => {
    await expect(readRemakable(folder, schema)).rejects.toThrow('EISDIR');
  });

  it('that another has replaced since it was seen is not taken away', async () => {
    const file = newFile();
    await replaceJson(file, value);
    await takeAway(file, (text) => text === 'what was seen');
    expect(await readJson(file, schema)).toEqual(value);
  });
});

describe('a record that is kept twice', () => {
  it.each(['published', 'replaced'])('comes back from its copy when it was %s and then damaged', async (how) => {
    const file = newFile();
    await (how === 'published' ? publishKept(file, value) : replaceKept(file, value));
    flip(file, 12);
    expect(await readKept(file, schema)).toEqual(value);
    expect(await readJson(file, schema)).toEqual(value);
  });

  it('names itself when both are damaged', async () => {
    const file = newFile();
    await publishKept(file, value);
    flip(file, 12);
    flip(`${file}.copy`, 12);
    await expect(readKept(file, schema)).rejects.toThrow(
      `${file} is damaged (its bytes were changed): move it away, then run the same command again`,
    );
  });
});
