import { linkSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkOutput, defaultOutput, requireFreeName } from '../../../src/client/job/outputFile.js';
import { sourceDigest } from '../../../src/client/job/sourceDigest.js';
import { fileDigest } from '../../../src/job/parts.js';
import { UserError } from '../../../src/lib/errors.js';
import { exists } from '../../../src/lib/files.js';
import { scratchFolder } from '../../support/media.js';
import { unwritable } from '../../support/mounts.js';

const folder = scratchFolder();
const source = path.join(folder, 'source.mp4');
writeFileSync(source, 'frames');

describe('an output', () => {
  const refusal = async (output: string): Promise<string> => {
    const error: unknown = await checkOutput(output, source).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).not.toContain('\n');
    return (error as Error).message;
  };

  it('is named after the input, with its scale', () => {
    expect(defaultOutput('/films/a film.mkv', 4)).toBe('/films/a film.x4.mp4');
    expect(defaultOutput('/films/noname', 2)).toBe('/films/noname.x2.mp4');
    expect(defaultOutput('/films/a.b.ts', 2)).toBe('/films/a.b.x2.mp4');
  });

  it('is named after the part of the input that it holds', () => {
    expect(defaultOutput('/films/a film.mkv', 4, { from: 600, to: 630.5 })).toBe(
      '/films/a film.from600.to630.5.x4.mp4',
    );
    expect(defaultOutput('/films/a film.mkv', 2, { to: 30 })).toBe('/films/a film.to30.x2.mp4');
  });

  it('of a long name is as long as file systems allow, and holds whole characters', async () => {
    const long = defaultOutput(path.join(folder, `${'ü'.repeat(125)}.mp4`), 2);
    expect(path.basename(long)).toBe(`${'ü'.repeat(124)}.x2.mp4`);
    writeFileSync(long, 'x');
    expect(path.basename(defaultOutput(`/films/${'x'.repeat(251)}.mp4`, 2))).toBe(`${'x'.repeat(248)}.x2.mp4`);
    expect(await refusal(path.join(folder, `${'x'.repeat(252)}.mp4`))).toContain('longer than the file system allows');
  });

  it('is known by its real path', async () => {
    mkdirSync(path.join(folder, 'real'));
    symlinkSync(path.join(folder, 'real'), path.join(folder, 'link'));
    expect(await checkOutput(path.join(folder, 'link', 'out.mp4'), source)).toBe(path.join(folder, 'real', 'out.mp4'));
    expect(await checkOutput(path.join(folder, 'OUT.MP4'), source)).toBe(path.join(folder, 'OUT.MP4'));
  });

  it('is not the source, under any name', async () => {
    const hard = path.join(folder, 'hard.mp4');
    const soft = path.join(folder, 'soft.mp4');
    linkSync(source, hard);
    symlinkSync(source, soft);
    for (const name of [source, path.join(folder, 'real', '..', 'source.mp4'), hard, soft])
      expect(await refusal(name)).toContain('would replace the source');
  });

  it('lies in a folder that is there', async () => {
    expect(await refusal(path.join(folder, 'none', 'out.mp4'))).toMatch(/none does not exist: create it/);
    expect(await refusal(path.join(source, 'out.mp4'))).toMatch(/source\.mp4 (does not exist|cannot be written)/);
  });

  it('is an .mp4 or .mkv, and no folder', async () => {
    expect(await refusal(path.join(folder, 'out.avi'))).toContain('.mp4 or .mkv');
    mkdirSync(path.join(folder, 'folder.mp4'));
    expect(await refusal(path.join(folder, 'folder.mp4'))).toContain('is no file');
  });

  it('has a free name, which a link has not, wherever it leads', async () => {
    const [dead, round, live] = ['dead.mp4', 'round.mp4', 'live.mp4'].map((name) => path.join(folder, name)) as [
      string,
      string,
      string,
    ];
    symlinkSync('nowhere.mp4', dead);
    symlinkSync('round.mp4', round);
    symlinkSync('source.mp4', live);
    for (const link of [dead, round])
      await expect(requireFreeName(link, false)).rejects.toThrow(
        /is a link to a file that is not there: choose another name, or replace the link with --overwrite/,
      );
    await expect(requireFreeName(live, false)).rejects.toThrow(/exists already/);
    await requireFreeName(dead, true);
    await requireFreeName(path.join(folder, 'free.mp4'), false);
  });

  const locked = path.join(folder, 'locked');
  it.skipIf(!unwritable(locked))('lies in a folder that can be written', async () => {
    expect(await refusal(path.join(locked, 'out.mp4'))).toContain('locked cannot be written');
  });
});

it('a digest is remembered until the file changes', async () => {
  const jobs = path.join(folder, 'jobs');
  const first = await sourceDigest(jobs, source);
  expect(first).toMatchObject({ size: 6, digest: await fileDigest(source) });
  expect(await sourceDigest(jobs, source)).toEqual(first);
  writeFileSync(source, 'other!');
  utimesSync(source, 1e9, 1e9);
  expect((await sourceDigest(jobs, source)).digest).toBe(await fileDigest(source));
});

it('a missing file does not exist, and an unreadable question is an error', async () => {
  expect(await exists(source)).toBe(true);
  expect(await exists(path.join(folder, 'none'))).toBe(false);
  await expect(exists('/bad\0name')).rejects.toThrow();
});
