import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { findLeftovers } from '../../../src/client/job/leftovers.js';
import { jobLayout, type Roots } from '../../../src/job/layout.js';
import { type JobSpec, jobSpecSchema } from '../../../src/job/spec.js';
import { publishKept, replaceJson } from '../../../src/lib/durable.js';
import { UserError } from '../../../src/lib/errors.js';
import { scratchFolder } from '../../support/media.js';

const folder = scratchFolder();
let roots: Roots;
let count = 0;
beforeEach(() => {
  const home = path.join(folder, String(count++));
  roots = { jobs: path.join(home, 'jobs'), models: path.join(home, 'models'), media: path.join(home, 'media') };
  mkdirSync(path.join(roots.media, 'disk'), { recursive: true });
  writeFileSync(path.join(roots.media, 'other.txt'), '');
});

/** A job with a source and some upscaled frames. */
async function job(
  digit: string,
  { pictures = digit, ended }: { pictures?: string; ended?: 'failed' | 'cancelled' } = {},
): Promise<JobSpec> {
  const spec = jobSpecSchema.parse({
    version: 1,
    jobKey: digit.repeat(32),
    upscaleKey: pictures.repeat(32),
    input: { root: 'media', path: `disk/${digit}.mkv` },
    output: { root: 'media', path: `${digit}.mp4` },
    source: { size: 1, mtimeMs: 1, digest: '0'.repeat(64) },
    method: { kind: 'filter', name: 'bicubic', scale: 2 },
    encode: { codec: 'h264', crf: 30, preset: 'fast', threads: 1 },
    checkpointFrames: 100,
    tags: ['cpu'],
    keepMezzanine: false,
    overwrite: false,
    createdAt: '2026-01-01T00:00:00Z',
  });
  const layout = jobLayout(roots, spec);
  for (const each of [layout.job, layout.upscaled]) mkdirSync(each, { recursive: true });
  writeFileSync(path.join(layout.upscaled, 'part.nut'), Buffer.alloc(1000));
  writeFileSync(path.join(roots.media, spec.input.path), '');
  await publishKept(layout.spec, spec);
  if (ended) await replaceJson(layout.state, { state: ended, message: 'why', at: '2026-01-01T00:00:00Z' });
  return spec;
}

const frames = (): string[] => readdirSync(path.join(roots.jobs, 'upscaled'));
const jobs = (): string[] => readdirSync(path.join(roots.jobs, 'jobs'));
async function clean(abandoned = false): Promise<string[]> {
  const { leftovers, kept } = await findLeftovers(roots, { abandoned });
  for (const { remove } of leftovers) await remove();
  return kept;
}

describe('what clean would remove', () => {
  it('is what jobs left that are over, with sizes, and nothing is removed before it is told to', async () => {
    await job('1', { ended: 'failed' });
    await job('2');
    await job('3', { ended: 'cancelled', pictures: '2' });
    const { leftovers } = await findLeftovers(roots, { abandoned: false });
    expect(leftovers.map(({ kind, name }) => [kind, name])).toEqual([
      ['job', 'job 11111111 (failed), 1.mp4'],
      ['job', 'job 33333333 (cancelled), 3.mp4'],
      ['frames', 'upscaled frames 11111111'],
    ]);
    expect(leftovers.at(-1)?.bytes).toBe(1000);
    expect([jobs().length, frames().length]).toEqual([3, 2]);
    await clean();
    expect([jobs(), frames()]).toEqual([['2'.repeat(32)], ['2'.repeat(32)]]);
  });

  it('is no open job whose source is away, unless abandoned ones are asked for', async () => {
    const spec = await job('1');
    await job('2');
    rmSync(path.join(roots.media, spec.input.path));
    await clean();
    expect(jobs()).toHaveLength(2);
    expect(await clean(true)).toEqual([]);
    expect([jobs(), frames()]).toEqual([['2'.repeat(32)], ['2'.repeat(32)]]);
  });

  it('is no job whose disk may be away, and a line says so', async () => {
    const spec = await job('1');
    rmSync(path.join(roots.media, spec.input.path));
    expect(await clean(true)).toEqual([
      expect.stringContaining(`job 11111111 stays: ${path.join(roots.media, 'disk')} is empty`),
    ]);
    expect([jobs(), frames()]).toEqual([['1'.repeat(32)], ['1'.repeat(32)]]);
  });

  it('are no frames when a job cannot be read, which may need them', async () => {
    const { spec: record } = jobLayout(roots, await job('1'));
    await job('2', { ended: 'failed' });
    for (const file of [record, `${record}.copy`]) writeFileSync(file, '{"version":1,');
    const kept = await clean();
    expect(kept[0]).toContain(`${record} is damaged`);
    expect([jobs(), frames().sort()]).toEqual([['1'.repeat(32)], ['1'.repeat(32), '2'.repeat(32)]]);
  });

  it('is nothing that was recorded, or begun again, since it was looked at', async () => {
    await job('1', { ended: 'failed' });
    mkdirSync(path.join(roots.jobs, 'upscaled', '2'.repeat(32)));
    const { leftovers } = await findLeftovers(roots, { abandoned: false });
    expect(leftovers.map(({ kind }) => kind)).toEqual(['job', 'frames', 'frames']);
    rmSync(jobLayout(roots, await job('1')).state);
    await job('2');
    for (const { remove } of leftovers) expect(await remove()).toBe(false);
    expect([jobs().sort(), frames().sort()]).toEqual([
      ['1'.repeat(32), '2'.repeat(32)],
      ['1'.repeat(32), '2'.repeat(32)],
    ]);
  });
});

describe('a root that is not mounted stops clean', () => {
  it('where the media root is missing or empty', async () => {
    await job('1', { ended: 'failed' });
    renameSync(roots.media, `${roots.media}.away`);
    for (const left of ['missing', 'empty']) {
      if (left === 'empty') mkdirSync(roots.media);
      const error: unknown = await clean(true).catch((thrown: unknown) => thrown);
      expect(error, left).toBeInstanceOf(UserError);
      expect((error as Error).message).toMatch(/^the media root [^\n]* is missing or empty: mount its disk[^\n]*$/);
    }
    expect(existsSync(path.join(roots.jobs, 'jobs', '1'.repeat(32)))).toBe(true);
  });

  it('where there are frames and no jobs at all', async () => {
    await job('1');
    renameSync(path.join(roots.jobs, 'jobs'), path.join(roots.jobs, 'away'));
    await expect(clean()).rejects.toThrow('mount its disk');
    expect(frames()).toEqual(['1'.repeat(32)]);
    await clean(true);
    expect(frames()).toEqual([]);
  });
});
