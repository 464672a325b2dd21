import { readdirSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { fileDigest } from '../../src/job/parts.js';
import { argv } from '../../src/lib/argv.js';
import { toPlanarRgb } from '../../src/media/picture/color.js';
import { cropFilter, scaled, type Window } from '../../src/media/picture/cropWindow.js';
import { type Raster, readRaster } from '../../src/media/picture/raster.js';
import { probeSource } from '../../src/media/source/probe.js';
import { Cli, eventually } from '../support/cli.js';
import { makeClip, scratchFolder } from '../support/media.js';
import { tinyModel } from '../support/models.js';
import { apart, crop, readPng, same } from '../support/rasters.js';

interface Preview {
  output: string;
  width: number;
  height: number;
  window: Window;
  frames: {
    frame: number;
    seconds: number;
    source: Window;
    methods: (Window & { method: string; scale: number; secondsPerFrame: number })[];
  }[];
}

const temporary = scratchFolder();
const cli = new Cli({ TMPDIR: temporary });
const clip = cli.file('clip.mp4');

beforeAll(async () => {
  await makeClip(clip, {
    seconds: 0.48,
    size: '242x182',
    video: ['-c:v', 'libx264', '-preset', 'veryfast', '-g', '5', '-bf', '2', '-pix_fmt', 'yuv420p'],
  });
  await tinyModel(cli.file('filtered.onnx'), { work: 2, output: 'filtered' });
  await tinyModel(cli.file('x3.onnx'), { scale: 3 });
});

const leftovers = (): string[] => [
  ...readdirSync(cli.folder).filter((name) => name.startsWith('.')),
  ...readdirSync(temporary).filter((name) => name.startsWith('reelscale-')),
];

/** A window of one picture of a file, by the file's own tags. */
async function pictureOf(file: string, frame: number, window: Window): Promise<Raster> {
  const { video } = await probeSource(file);
  return readRaster(
    ['-i', `file:${file}`, '-map', '0:v:0', '-fps_mode', 'passthrough'],
    [`select=eq(n\\,${frame})`, ...toPlanarRgb(video), cropFilter(window)],
    window,
  );
}

async function openSheet(preview: Preview): Promise<Raster> {
  return readPng(preview.output, preview);
}

it('shows the pixels that jobs make of these frames, beside the source', { timeout: 240_000 }, async () => {
  const { code, value, stderr } = await cli.json<Preview>(
    'preview',
    'clip.mp4',
    '--at',
    '0.2',
    '--at',
    '00:00:00.44',
    ...argv`-m bicubic -m filtered.onnx`,
  );
  expect(code, stderr).toBe(0);
  expect(value.output).toBe(cli.file('clip.preview.png'));
  expect(value.window).toEqual({ x: 40, y: 30, width: 160, height: 120 });
  expect(value.frames.map(({ frame }) => frame)).toEqual([5, 11]);
  expect(value.frames.map(({ seconds }) => seconds)).toEqual([0.2, 0.44]);

  const jobs = ['bicubic', 'filtered.onnx'];
  const outputs = jobs.map((_, j) => cli.file(`job${j}.mp4`));
  for (const [j, model] of jobs.entries()) {
    const job = await cli.run('upscale', 'clip.mp4', '-m', model, '-s', '2', '--crf', '0', '-o', outputs[j] as string);
    expect(job.code, job.stderr).toBe(0);
  }
  const sheet = await openSheet(value);
  for (const { frame, source, methods } of value.frames) {
    expect(methods.map(({ method, scale }) => `${method} x${scale}`)).toEqual(['bicubic x2', 'filtered.onnx x2']);
    for (const [m, cell] of methods.entries()) {
      expect(cell.secondsPerFrame).toBeGreaterThan(0);
      const picture = await pictureOf(outputs[m] as string, frame, scaled(value.window, 2));
      // A filter's pixels are the job's; a network sums in another order for another size of picture, so a value may
      // be rounded otherwise.
      expect(apart(crop(sheet, cell), picture), `frame ${frame} by ${cell.method}`).toBeLessThanOrEqual(
        m === 0 ? 0 : 1,
      );
    }
    const enlarged = crop(sheet, source);
    const original = await pictureOf(clip, frame, value.window);
    for (const [x, y] of [
      [0, 0],
      [77, 31],
      [159, 119],
    ] as const) {
      expect(crop(enlarged, { x: 2 * x + 1, y: 2 * y, width: 1, height: 1 }).data).toEqual(
        crop(original, { x, y, width: 1, height: 1 }).data,
      );
    }
    // Its label, in white above each cell.
    for (const { x, y } of [source, ...methods])
      expect(crop(sheet, { x, y: y - 40, width: 200, height: 20 }).data.includes(255)).toBe(true);
  }
  expect(leftovers()).toEqual([]);
});

it("a model's cell is what the network gives, where 4:2:0 loses nothing", async () => {
  // Grey in full range: luma is the picture.
  await makeClip(cli.file('grey.mkv'), {
    seconds: 0.2,
    size: '80x60',
    audioTracks: 0,
    video: ['-vf', 'format=gray,scale=out_range=full,format=yuvj420p', '-c:v', 'ffv1'],
  });
  const { code, value, stderr } = await cli.json<Preview>('preview', 'grey.mkv', '--at', '0.12', '-m', 'x3.onnx');
  expect(code, stderr).toBe(0);
  const sheet = await openSheet(value);
  const [{ source, methods } = { source: value.window, methods: [] }] = value.frames;
  expect(methods).toMatchObject([{ scale: 3, width: 240, height: 180 }]);
  // The tiny network repeats pixels, as the source's cell does.
  expect(same(crop(sheet, methods[0] as Window), crop(sheet, source))).toBe(true);
});

it('shows three frames by bicubic and by a network that comes with Reelscale, where none was pulled', async () => {
  const { code, value, stderr } = await cli.json<Preview>('preview', 'clip.mp4', '-s', '2', '-o', 'small.png');
  expect(code, stderr).toBe(0);
  expect(value.frames.map(({ frame, methods }) => [frame, ...methods.map(({ method }) => method)])).toEqual([
    [1, 'bicubic', 'compact-x2'],
    [6, 'bicubic', 'compact-x2'],
    [10, 'bicubic', 'compact-x2'],
  ]);
});

it('shows bicubic alone, and says why, where no network has the scale', async () => {
  const { code, value, stderr } = await cli.json<Preview>(
    'preview',
    'clip.mp4',
    '-s',
    '5',
    '--at',
    '0.2',
    '-o',
    'five.png',
  );
  expect(code, stderr).toBe(0);
  expect(stderr).toMatch(/^realesr\S+ is not shown: .*models pull realesr/);
  expect(value.frames.flatMap(({ methods }) => methods.map(({ method }) => method))).toEqual(['bicubic']);
});

describe('is refused, with one line and nothing made,', () => {
  const refused = async (args: string[], line: RegExp): Promise<void> => {
    const before = readdirSync(cli.folder);
    const { code, stdout, stderr } = await cli.run('preview', ...args);
    expect(stderr.trimEnd().split('\n'), stderr).toHaveLength(1);
    expect(stderr).toMatch(line);
    expect(code, stderr).toBe(2);
    expect(stdout).toBe('');
    expect(readdirSync(cli.folder)).toEqual(before);
    expect(leftovers()).toEqual([]);
  };

  it.each([
    ['an input that is missing', ['none.mp4'], /none\.mp4 does not exist/],
    ['a text file', ['text.mp4'], /text\.mp4 is not a video/],
    [
      'a time behind the end',
      ['clip.mp4', '-o', 'new.png', '--at', '0.3', '--at', '1:00'],
      /--at 1:00\.000: clip\.mp4 lasts 0:00\.480/,
    ],
    ['a time that is none', ['clip.mp4', '--at', 'noon'], /--at: must be a time/],
    [
      'a model that is unknown',
      ['clip.mp4', '-o', 'new.png', '-m', 'bicubic', '-m', 'espcn'],
      /there is no model "espcn"/,
    ],
    ['a scale that the model lacks', ['clip.mp4', '-o', 'new.png', '-m', 'x3.onnx', '-s', '4'], /no scale 4, only 3/],
    ['an output that is no PNG', ['clip.mp4', '-o', 'sheet.jpg'], /must be named \.png/],
    ['an output that is there', ['clip.mp4', '-o', 'taken.png'], /taken\.png exists already: .*--overwrite/],
  ])('%s', async (_, args, line) => {
    writeFileSync(cli.file('text.mp4'), 'A text file is no video.\n'.repeat(100));
    writeFileSync(cli.file('taken.png'), 'somebody else made this');
    const digest = await fileDigest(cli.file('taken.png'));
    await refused(args, line);
    expect(await fileDigest(cli.file('taken.png'))).toBe(digest);
  });
});

it('Ctrl-C leaves nothing behind', async () => {
  await tinyModel(cli.file('slow.onnx'), { work: 24 });
  // What waits for more jobs after the ones above.
  cli.kill();
  await eventually('all processes are gone', () => cli.processes().length === 0);
  const run = cli.start(['preview', 'clip.mp4', '-m', 'slow.onnx', '-o', 'never.png']);
  await eventually('the network is at work', () => cli.processes(/upscaler\/process\.js/).length > 0);
  run.kill('SIGINT');
  const { exitCode, stdout } = await run;
  expect(exitCode).toBe(130);
  expect(stdout).toBe('');
  expect(cli.processes()).toEqual([]);
  expect(readdirSync(cli.folder)).not.toContain('never.png');
  expect(leftovers()).toEqual([]);
});
