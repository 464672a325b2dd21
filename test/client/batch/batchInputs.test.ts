import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { leftOutLines } from '../../../src/cli/batchLines.js';
import { batchInputs } from '../../../src/client/batch/batchInputs.js';
import { nameResults } from '../../../src/job/batch/names.js';
import { loadConfig } from '../../../temporal.config.js';
import { scratchFolder } from '../../support/media.js';

const folder = scratchFolder();
const at = (...names: string[]): string => path.join(folder, ...names);
const config = loadConfig({ REELSCALE_HOME: at('home'), REELSCALE_MEDIA_ROOT: folder });

beforeAll(() => {
  for (const name of ['store', 'films/sub', 'mixed']) mkdirSync(at(name), { recursive: true });
  writeFileSync(at('store/SHA256E-1.mp4'), 'x');
  writeFileSync(at('mixed/z.mp4'), 'x');
  symlinkSync('../../store/SHA256E-1.mp4', at('films/sub/film.mp4'));
  symlinkSync('z.mp4', at('mixed/a.mp4'));
  symlinkSync('films', at('linked'));
  symlinkSync('/dev/null', at('out.mp4'));
});

const results = async (...named: string[]): Promise<string[]> =>
  Object.values(
    nameResults(
      (
        await batchInputs(
          config,
          named.map((name) => at(name)),
          at('out'),
        )
      ).inputs,
      {},
      '.x2.mp4',
    ),
  );

describe('results of a batch', () => {
  it('are named after links, not after the files that links lead to', async () => {
    expect(await results('films')).toEqual(['sub/film.x2.mp4']);
    expect(await results('films/sub/film.mp4')).toEqual(['film.x2.mp4']);
    expect(await results('linked')).toEqual(['sub/film.x2.mp4']);
  });

  it('are there once for a file and its links, by the name of the file where that is named too', async () => {
    expect(await results('mixed')).toEqual(['z.x2.mp4']);
    expect(await results('mixed/a.mp4')).toEqual(['a.x2.mp4']);
    expect(await results('films', 'store')).toEqual(['SHA256E-1.x2.mp4']);
  });

  it('are told apart where long names are cut short', async () => {
    mkdirSync(at('long'));
    for (const end of 'ab') writeFileSync(at('long', `${'x'.repeat(250)}${end}.mp4`), 'x');
    const named = await results('long');
    expect(named).toEqual([`${'x'.repeat(248)}.x2.mp4`, expect.stringMatching(/^x{239}\.[0-9a-f]{8}\.x2\.mp4$/)]);
    for (const name of named) writeFileSync(at(name), 'x');
  });

  it('are refused for a link that leads out of the media root', async () => {
    await expect(results('out.mp4')).rejects.toThrow(/must lie below the media root/);
  });
});

it('what is not taken is told, each file with the reason', async () => {
  for (const name of ['rest/out', 'rest/.git']) mkdirSync(at(name), { recursive: true });
  for (const name of ['rest/a.mp4', 'rest/notes.txt', 'rest/.a.mp4', 'rest/out/a.x2.mp4'])
    writeFileSync(at(name), 'x');
  symlinkSync('a.mp4', at('rest/b.mp4'));
  const { inputs, leftOut } = await batchInputs(config, [at('rest')], at('rest/out'));
  expect(inputs).toHaveLength(1);
  expect(leftOut).toEqual([
    { file: at('rest/.a.mp4'), why: 'it is hidden' },
    { file: at('rest/.git'), why: 'it is hidden' },
    { file: at('rest/notes.txt'), why: 'its name is not that of a video' },
    { file: at('rest/b.mp4'), why: `it is the same file as ${at('rest/a.mp4')}` },
  ]);
  expect(leftOutLines(leftOut)[2]).toBe(`${at('rest/notes.txt')} is left out: its name is not that of a video`);
  expect(leftOutLines(Array.from({ length: 25 }, (_, i) => ({ file: `${i}`, why: 'it is hidden' }))).at(-1)).toBe(
    '… and 5 more (--json names all)',
  );
});
