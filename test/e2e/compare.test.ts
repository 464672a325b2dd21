import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { argv } from '../../src/lib/argv.js';
import { Cli } from '../support/cli.js';
import { ffmpeg, makeClip, scratchFolder } from '../support/media.js';

const temporary = scratchFolder();
const cli = new Cli({ TMPDIR: temporary });

beforeAll(async () => {
  await makeClip(cli.file('a.mp4'), { seconds: 0.4, size: '64x48' });
  await ffmpeg(
    ...argv`
      -i ${cli.file('a.mp4')} -vf scale=128:96,noise=alls=60:allf=t:enable='eq(n,6)' -an -c:v ffv1
      ${cli.file('b.mkv')}
    `,
  );
  await ffmpeg('-f', 'lavfi', '-i', 'sine=duration=1', cli.file('sound.m4a'));
  writeFileSync(cli.file('text.mp4'), 'A text file is no video.\n'.repeat(100));
});

const leftovers = (): string[] => [
  ...readdirSync(cli.folder).filter((name) => name.startsWith('.')),
  ...readdirSync(temporary),
];

interface Scores {
  frames: number;
  identical: boolean;
  identicalFrames: number;
  notes: string[];
  scores: {
    psnr: Record<string, Record<string, number | null>>;
    ssim: Record<string, number>;
    vmaf: Record<string, number> | null;
  };
  worst: { frame: number; time: number }[];
  perFrame: { time: number[]; psnr: Record<string, (number | null)[]>; ssim: number[] };
}

it('prints a table, says what was changed, and draws the curves', async () => {
  const { code, stdout, stderr } = await cli.run('compare', 'a.mp4', 'b.mkv', '--plot', 'plot.svg');
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/A is 64x48 and B is 128x96: B is brought to A's size by bicubic/);
  const lines = stdout.split('\n');
  expect(lines[0]).toBe('10 frames compared');
  for (const [i, name] of ['PSNR y', 'PSNR u', 'PSNR v', 'PSNR average', 'SSIM'].entries())
    expect(lines[3 + i]).toMatch(new RegExp(`^${name} +\\d+\\.\\d+( +\\d+\\.\\d+){6}$`));
  expect(lines[lines.indexOf('worst frames') + 2]).toMatch(/^6 +0:00\.240 +\d+\.\d\d +0\.\d{4}/);
  expect(readFileSync(cli.file('plot.svg'), 'utf8')).toMatch(
    /^<svg [^]*b\.mkv against a\.mp4[^]*<polyline[^]*<\/svg>\n$/,
  );
  expect(leftovers()).toEqual([]);
});

it('gives the scores of every frame as JSON', async () => {
  const { code, value } = await cli.json<Scores>('compare', 'a.mp4', 'b.mkv');
  expect(code).toBe(0);
  expect(value).toMatchObject({
    frames: 10,
    identical: false,
    identicalFrames: 0,
    worst: [{ frame: 6, time: 0.24 }, {}, {}, {}, {}],
  });
  expect(Object.keys(value.scores.psnr)).toEqual(['y', 'u', 'v', 'average']);
  for (const list of [value.perFrame.time, value.perFrame.ssim, ...Object.values(value.perFrame.psnr)])
    expect(list).toHaveLength(10);
  const { total, least } = value.scores.psnr['average'] ?? {};
  expect(least).toBe(value.perFrame.psnr['average']?.[6]);
  expect(total).toBeGreaterThan(least as number);
});

it('tells equal videos apart from all others', async () => {
  const { value } = await cli.json<Scores>('compare', 'a.mp4', 'a.mp4');
  expect(value).toMatchObject({ identical: true, identicalFrames: 10 });
  expect(value.scores.psnr['average']).toEqual({
    total: null,
    mean: null,
    least: null,
    p1: null,
    p5: null,
    p50: null,
    p95: null,
  });
  expect(value.scores.ssim['total']).toBe(1);
  const table = await cli.run('compare', 'a.mp4', 'a.mp4');
  expect(table.stdout).toMatch(/^10 frames compared, all of them equal\n[^]*PSNR average +inf/);
});

describe('is refused, with one line and nothing made,', () => {
  it.each([
    ['a file that is missing', ['a.mp4', 'none.mp4'], /none\.mp4 does not exist/],
    ['a folder', ['.', 'a.mp4'], /is a folder/],
    ['only sound', ['a.mp4', 'sound.m4a'], /sound\.m4a has no video, only sound/],
    ['a text file', ['text.mp4', 'a.mp4'], /text\.mp4 is not a video/],
    ['a plot of another kind', ['a.mp4', 'b.mkv', '--plot', 'plot.pdf'], /must be named \.svg or \.png/],
    ['a plot that is there', ['a.mp4', 'b.mkv', '--plot', 'taken.svg'], /taken\.svg exists already: .*--overwrite/],
    ['one video', ['a.mp4'], /missing required argument/],
  ])('%s', async (_, args, line) => {
    writeFileSync(cli.file('taken.svg'), 'somebody else made this');
    const before = readdirSync(cli.folder);
    const { code, stdout, stderr } = await cli.run('compare', ...args);
    expect(stderr.trimEnd().split('\n'), stderr).toHaveLength(1);
    expect(stderr).toMatch(line);
    expect(code, stderr).toBe(2);
    expect(stdout).toBe('');
    expect(readdirSync(cli.folder)).toEqual(before);
    expect(readFileSync(cli.file('taken.svg'), 'utf8')).toBe('somebody else made this');
    expect(leftovers()).toEqual([]);
  });
});
