import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Comparison, compareArgs, compareVideos, filterValue } from '../../../src/media/compare/compare.js';
import { ScoreReader } from '../../../src/media/compare/scoreReader.js';
import { type Series, summarise } from '../../../src/media/compare/scores.js';
import { hasFilter } from '../../../src/media/ffmpeg/abilities.js';
import { probeSource } from '../../../src/media/source/probe.js';
import { ffmpeg, makeClip, scratchFolder } from '../../support/media.js';

const folder = scratchFolder();
const file = (name: string): string => path.join(folder, name);
const LOSSLESS = ['-c:v', 'ffv1', '-pix_fmt', 'yuv420p'];
const clip = file('clip.mkv');

/** The clip through a filter, losslessly. */
async function filtered(name: string, filter: string, format = 'yuv420p', ...more: string[]): Promise<string> {
  await ffmpeg('-i', clip, '-vf', filter, '-c:v', 'ffv1', '-pix_fmt', format, ...more, file(name));
  return file(name);
}

const seriesOf = ({ series }: Comparison, name: string): Series => {
  const found = series.find(({ measure, plane }) => name === (plane ?? measure));
  if (!found) throw new Error(`there is no ${name}`);
  return found;
};
const total = (comparison: Comparison, name: string): number => summarise(seriesOf(comparison, name)).total;
const named = ({ series }: Comparison): string[] =>
  series.map(({ measure, plane }) => plane ?? measure).filter((name) => name !== 'vmaf');
/** But for what this ffmpeg lacks. */
const notesOf = ({ notes }: Comparison): string[] => notes.filter((note) => !note.startsWith('VMAF'));

beforeAll(async () => {
  await makeClip(clip, { seconds: 0.8, size: '96x72', audioTracks: 0, video: LOSSLESS });
});

describe('a clip', () => {
  it('is equal to itself', async () => {
    const comparison = await compareVideos(clip, clip);
    expect(comparison.frames).toEqual({ a: 20, b: 20 });
    expect(comparison.times.map((time) => Math.round(time * 100))).toEqual(
      Array.from({ length: 20 }, (_, i) => i * 4),
    );
    expect(named(comparison)).toEqual(['y', 'u', 'v', 'average', 'ssim']);
    expect(seriesOf(comparison, 'average').values).toEqual(Array.from({ length: 20 }, () => Infinity));
    expect(seriesOf(comparison, 'ssim').values).toEqual(Array.from({ length: 20 }, () => 1));
    expect(notesOf(comparison)).toEqual([]);
  });

  it('is the less like a copy, the noisier that is', async () => {
    const scores = [];
    for (const strength of [4, 12, 36])
      scores.push(await compareVideos(clip, await filtered(`noise${strength}.mkv`, `noise=alls=${strength}:allf=t`)));
    for (const name of named(scores[0] as Comparison)) {
      const [little, more, much] = scores.map((comparison) => total(comparison, name)) as [number, number, number];
      expect(little).toBeGreaterThan(more);
      expect(more).toBeGreaterThan(much);
    }
  });

  it('has the PSNR that its pixels say, in the frames that differ', async () => {
    // One code value of luma from frame 5 on: a mean square error of 1, so 10 log10(255^2) dB.
    const comparison = await compareVideos(clip, await filtered('step.mkv', "lutyuv=y=val+1:enable='gte(n,5)'"));
    const { values } = seriesOf(comparison, 'y');
    expect(values.slice(0, 5)).toEqual([Infinity, Infinity, Infinity, Infinity, Infinity]);
    for (const value of values.slice(5)) expect(value).toBeGreaterThanOrEqual(48.13);
    expect(Math.min(...values)).toBeCloseTo(48.13, 1);
    expect(seriesOf(comparison, 'u').values.every((value) => value === Infinity)).toBe(true);
  });

  it('is measured frame by frame, whatever its timestamps', async () => {
    const late = await filtered('late.mkv', "setpts='(N*N+100)/25/TB'");
    const comparison = await compareVideos(late, clip);
    expect(comparison.frames).toEqual({ a: 20, b: 20 });
    expect(seriesOf(comparison, 'average').values.every((value) => value === Infinity)).toBe(true);
    expect(comparison.times.slice(0, 4).map((time) => Math.round(time * 25))).toEqual([0, 1, 4, 9]);
  });
});

describe('a clip of another', () => {
  it('length is compared as far as both go, in either direction', async () => {
    const short = await filtered('short.mkv', 'null', 'yuv420p', '-frames:v', '7');
    for (const [a, b, frames] of [
      [clip, short, { a: 20, b: 7 }],
      [short, clip, { a: 7, b: 20 }],
    ] as const) {
      const comparison = await compareVideos(a, b);
      expect(comparison.frames).toEqual(frames);
      expect(seriesOf(comparison, 'average').values).toEqual(Array.from({ length: 7 }, () => Infinity));
      expect(comparison.times).toHaveLength(7);
      expect(notesOf(comparison)).toEqual([
        `A has ${frames.a} frames and B has ${frames.b}: the first 7 are compared`,
      ]);
    }
  });

  it('size is brought to the smaller one, and both sizes are said', async () => {
    const large = await filtered('large.mkv', 'scale=192:144:flags=bicubic');
    for (const [a, b, note] of [
      [clip, large, /A is 96x72 and B is 192x144: B is brought to A's size/],
      [large, clip, /A is 192x144 and B is 96x72: A is brought to B's size/],
    ] as const) {
      const comparison = await compareVideos(a, b);
      expect(comparison.notes[0]).toMatch(note);
      expect(total(comparison, 'average')).toBeGreaterThan(25);
      expect(total(comparison, 'ssim')).toBeGreaterThan(0.9);
      expect(Number.isFinite(total(comparison, 'average'))).toBe(true);
    }
  });

  it.each([
    ['depth', 'yuv420p10le', 'null', [], 60],
    ['subsampling', 'yuv444p', 'null', [], 45],
    ['range', 'yuv420p', 'scale=out_range=full', ['-color_range', 'pc'], 45],
    ['matrix and kind', 'gbrp', 'scale=in_color_matrix=bt601:flags=accurate_rnd+full_chroma_int', [], 35],
  ] as const)('%s is brought to the format of A', async (name, format, filter, tags, least) => {
    const other = await filtered(`${name.replace(/ /g, '-')}.mkv`, filter, format, ...tags);
    const comparison = await compareVideos(clip, other);
    expect(notesOf(comparison)).toEqual([
      expect.stringMatching(/^B is brought from .* to A's yuv420p, limited range, bt601$/),
    ]);
    // Luma only: how chroma was made for these copies is ffmpeg's choice.
    expect(total(comparison, 'y')).toBeGreaterThan(least);
  });

  it('kind is measured in the planes that A has', async () => {
    const rgb = await filtered('rgb.mkv', 'scale=in_color_matrix=bt601', 'gbrp');
    const grey = await filtered('grey.mkv', 'format=gray', 'gray');
    expect(named(await compareVideos(rgb, clip)).sort()).toEqual(['average', 'b', 'g', 'r', 'ssim']);
    expect(named(await compareVideos(grey, clip))).toEqual(['y', 'average', 'ssim']);
  });
});

it('VMAF is measured where this ffmpeg can, and else said to be missing', async () => {
  const { series, notes } = await compareVideos(clip, clip);
  const vmaf = series.find(({ measure }) => measure === 'vmaf');
  if (await hasFilter('libvmaf')) expect(vmaf?.values).toHaveLength(20);
  else expect([vmaf, notes]).toEqual([undefined, ['VMAF is not available: this ffmpeg has no libvmaf']]);
});

it('VMAF measures B against A, into a file of any name', async () => {
  const info = await probeSource(clip);
  const args = compareArgs(
    { file: 'a.mkv', info, filters: ['scale=1:1'] },
    { file: 'b.mkv', info, filters: [] },
    "/tmp/it's: [a]/vmaf.csv",
  ).join(' ');
  expect(args).toContain('scale=1:1,split=3[a1][a2][a3];');
  expect(args).toMatch(/\[measured\]\[a3\]libvmaf=.*:log_path=\/tmp\/it\\\\\\'s\\\\: \\\[a\\\]\/vmaf\.csv,metadata/);
  expect(filterValue(String.raw`\,;`)).toBe(String.raw`\\\\\,\;`);
});

it('scores that come out of step are refused', () => {
  const reader = new ScoreReader();
  reader.add('frame:0    pts:0       pts_time:0');
  reader.add('lavfi.psnr.psnr.y=inf');
  reader.add('frame:0    pts:0       pts_time:0');
  expect(() => {
    reader.add('lavfi.psnr.psnr.y=40.1');
  }).toThrow(/in mid-stream/);
});
