import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { readTally, TALLY_FILE } from '../../src/job/tally.js';
import { createUpscaler, type Upscaler, type UpscaleSignals } from '../../src/upscaler/client.js';
import type { UpscaledPart, UpscaleRequest } from '../../src/upscaler/protocol.js';
import { makeClip, scratchFolder } from '../support/media.js';
import { tinyModel } from '../support/models.js';
import {
  decodeArgs,
  encodeArgs,
  enlarged,
  frameCount,
  framesOfParts,
  inferredFrames,
  makeRequest,
  rawFrames,
} from './support.js';

const scratch = scratchFolder();
const [width, height] = [50, 38];
let clip: string;
let source: Buffer;
let frames: number;
let model: string;
let slowModel: string;

beforeAll(async () => {
  clip = await makeClip(path.join(scratch, 'clip.mkv'), {
    size: `${width}x${height}`,
    seconds: 1,
    audioTracks: 0,
    video: ['-c:v', 'ffv1', '-pix_fmt', 'gbrp'],
  });
  source = await rawFrames(clip);
  frames = frameCount(source, width, height);
  model = await tinyModel(path.join(scratch, 'tiny.onnx'));
  slowModel = await tinyModel(path.join(scratch, 'slow.onnx'), { work: 24 });
  expect(frames).toBe(25);
});

let upscaler: Upscaler | undefined;
afterEach(() => upscaler?.close());

let folders = 0;
const newFolder = (): string => path.join(scratch, `parts-${folders++}`);
const request = (changes: Parameters<typeof makeRequest>[1] = {}, file = model): Promise<UpscaleRequest> =>
  makeRequest({ clip, model: file, folder: newFolder(), width, height, frames }, changes);

interface Handling extends UpscaleSignals {
  onPart?: (part: UpscaledPart) => Promise<void> | void;
}

async function run(what: UpscaleRequest, { onPart, ...signals }: Handling = {}) {
  upscaler ??= createUpscaler({ device: 'cpu' });
  const parts: UpscaledPart[] = [];
  const notices: string[] = [];
  const progress: number[] = [];
  const precisions: string[] = [];
  const outcome = await upscaler
    .run(
      what,
      {
        onPart: async (part) => {
          parts.push(part);
          await onPart?.(part);
        },
        onProgress: ({ frame, precision }) => {
          progress.push(frame);
          precisions.push(precision);
        },
        onNotice: (message) => {
          notices.push(message);
        },
      },
      signals,
    )
    .then(
      ({ frames: done }) => ({ done, error: undefined }),
      (error: unknown) => ({ done: undefined, error }),
    );
  return { ...outcome, parts, notices, progress, precisions };
}

const ranges = (parts: UpscaledPart[]) => parts.map(({ start, end }) => [start, end]);
const filesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name !== 'inferred')
    .sort();

test('frames come out in parts, pixel by pixel, with their timestamps', async () => {
  const what = await request();
  const { done, parts, progress } = await run(what);
  expect(done).toBe(25);
  expect(ranges(parts)).toEqual([
    [0, 10],
    [10, 20],
    [20, 25],
  ]);
  expect(parts.flatMap(({ pts }) => pts)).toEqual(Array.from({ length: 25 }, (_, i) => i * 40));
  expect((await framesOfParts(what.partFolder, parts)).equals(enlarged(source, width, height, 2))).toBe(true);
  expect(filesIn(what.partFolder)).toEqual(parts.map(({ file }) => file).sort());
  expect(inferredFrames(what.partFolder)).toBe(25);
  expect(progress.length).toBeGreaterThan(0);
  expect(progress).toEqual([...progress].sort((a, b) => a - b));
});

test('the process, and with it the model, is kept between runs', async () => {
  await run(await request());
  const pid = upscaler?.pid;
  expect(pid).toBeGreaterThan(0);
  const tiled = await request({ model: { tile: 16, tilePad: 3 } });
  const { parts } = await run(tiled);
  expect(upscaler?.pid).toBe(pid);
  expect((await framesOfParts(tiled.partFolder, parts)).equals(enlarged(source, width, height, 2))).toBe(true);
});

test('frames are numbered over the whole video, and another model gives another size', async () => {
  const triple = await tinyModel(path.join(scratch, 'triple.onnx'), { scale: 3 });
  const what = await request(
    {
      firstFrame: 1007,
      frames: 7,
      decodeArgs: decodeArgs(clip, 'trim=start_frame=7:end_frame=14'),
      encodeArgs: encodeArgs(width * 3, height * 3),
      model: { scale: 3, prePad: 5, tile: 32, tilePad: 2 },
    },
    triple,
  );
  const { done, parts } = await run(what);
  expect(done).toBe(7);
  expect(ranges(parts)).toEqual([[1007, 1014]]);
  expect(parts[0]?.pts).toEqual([280, 320, 360, 400, 440, 480, 520]);
  const frameBytes = 3 * width * height;
  const expected = enlarged(source.subarray(7 * frameBytes, 14 * frameBytes), width, height, 3);
  expect((await framesOfParts(what.partFolder, parts)).equals(expected)).toBe(true);
});

test('odd sizes are kept', async () => {
  const odd = await makeClip(path.join(scratch, 'odd.mkv'), {
    seconds: 0.2,
    audioTracks: 0,
    video: ['-vf', 'scale=33:21,format=gbrp', '-c:v', 'ffv1'],
  });
  const what = await makeRequest({ clip: odd, model, folder: newFolder(), width: 33, height: 21, frames: 5 });
  const { done, parts, error } = await run(what);
  expect(error).toBeUndefined();
  expect(done).toBe(5);
  expect((await framesOfParts(what.partFolder, parts)).equals(enlarged(await rawFrames(odd), 33, 21, 2))).toBe(true);
});

test('a part ends when it has taken its time', async () => {
  const what = await request({ checkpointSeconds: 1e-6, frames: 3, decodeArgs: decodeArgs(clip, 'trim=end_frame=3') });
  expect(ranges((await run(what)).parts)).toEqual([
    [0, 1],
    [1, 2],
    [2, 3],
  ]);
});

test('a flush ends the part at hand with the frames that it has', async () => {
  const flush = new AbortController();
  const what = await request({ checkpointFrames: 4 }, slowModel);
  const { done, parts } = await run(what, {
    flush: flush.signal,
    onPart: () => {
      flush.abort();
    },
  });
  const end = parts.at(-1)?.end ?? 0;
  expect(end).toBeGreaterThanOrEqual(4);
  expect(end).toBeLessThan(25);
  expect(done).toBe(end);
  const expected = enlarged(source.subarray(0, end * 3 * width * height), width, height, 2);
  expect((await framesOfParts(what.partFolder, parts)).equals(expected)).toBe(true);
  expect(filesIn(what.partFolder)).toHaveLength(parts.length);

  const rest = { ...what, firstFrame: end, frames: 25 - end, decodeArgs: decodeArgs(clip, `trim=start_frame=${end}`) };
  const second = await run(rest);
  expect(second.done).toBe(25 - end);
  expect(
    (await framesOfParts(what.partFolder, [...parts, ...second.parts])).equals(enlarged(source, width, height, 2)),
  ).toBe(true);
  expect(inferredFrames(what.partFolder)).toBe(25);
});

test('a flush before the start does nothing', async () => {
  const { done, parts } = await run(await request(), { flush: AbortSignal.abort() });
  expect(done).toBe(0);
  expect(parts).toEqual([]);
  expect(upscaler?.pid).toBeUndefined();
});

test('an abort ends the run at once with its reason', async () => {
  const abort = new AbortController();
  const reason = new Error('no longer wanted');
  const { error } = await run(await request({ checkpointFrames: 2 }, slowModel), {
    abort: abort.signal,
    onPart: () => {
      abort.abort(reason);
    },
  });
  expect(error).toBe(reason);
  expect(upscaler?.pid).toBeUndefined();
  expect((await run(await request())).done).toBe(25);
});

test('what onPart throws ends the run', async () => {
  const reason = new Error('another attempt was faster');
  const { error, parts } = await run(await request({ checkpointFrames: 2 }, slowModel), {
    onPart: () => {
      throw reason;
    },
  });
  expect(error).toBe(reason);
  expect(parts).toHaveLength(1);
});

test('no more than one part is made ahead of the one that is being committed', async () => {
  const what = await request({ checkpointFrames: 2 });
  const uncommitted: number[] = [];
  const { done } = await run(what, {
    onPart: async ({ start }) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      uncommitted.push(inferredFrames(what.partFolder) - start);
    },
  });
  expect(done).toBe(25);
  expect(Math.max(...uncommitted)).toBeLessThanOrEqual(4);
});

test('a decoder that gives fewer frames is a mismatch, and whole parts stay', async () => {
  const what = await request({ firstFrame: 100, frames: 30 });
  const { error, parts } = await run(what);
  expect(error).toMatchObject({
    name: 'SegmentMismatch',
    message: '30 frames from frame 100 on were asked for, but the decoder gave 25',
  });
  expect(ranges(parts)).toEqual([
    [100, 110],
    [110, 120],
  ]);
  expect(filesIn(what.partFolder)).toEqual(parts.map(({ file }) => file).sort());
});

test('a decoder that gives more frames is a mismatch', async () => {
  const { error } = await run(await request({ frames: 12 }));
  expect(error).toMatchObject({
    name: 'SegmentMismatch',
    message: '12 frames from frame 0 on were asked for, but the decoder gave more than 12',
  });
});

test('a decoder that fails says why', async () => {
  const broken = path.join(scratch, 'broken.mkv');
  writeFileSync(broken, 'no film at all');
  const { error } = await run(await request({ decodeArgs: decodeArgs(broken) }));
  expect(error).toMatchObject({ name: 'SegmentMismatch' });
  // Where the name stands differs from version to version.
  expect(String(error)).toMatch(/the decoder gave 0 (?=.*broken\.mkv).*Invalid data found/s);
  // A source that is away says nothing about its frames.
  const { error: away } = await run(await request({ decodeArgs: decodeArgs(path.join(scratch, 'missing.mkv')) }));
  expect(away).toMatchObject({
    name: 'WorldError',
    message: expect.stringMatching(/(?=.*missing\.mkv).*No such file or directory/s) as string,
  });
});

test('a decoder that complains after all its frames has done its work', async () => {
  const failing = ['-map', '0:v:0', '-frames:v', '1', '-c:v', 'copy', '-f', 'nut', '/dev/full'];
  const { done, error } = await run(await request({ decodeArgs: ['-y', ...decodeArgs(clip), ...failing] }));
  expect(error).toBeUndefined();
  expect(done).toBe(25);
});

test('an encoder that dies is an error of the world with what it said', async () => {
  const { error, parts } = await run(
    await request({
      encodeArgs: encodeArgs(width * 2, height * 2).map((arg) => (arg === 'utvideo' ? 'nosuchcodec' : arg)),
    }),
  );
  expect(error).toMatchObject({ name: 'WorldError' });
  expect(String(error)).toContain("Unknown encoder 'nosuchcodec'");
  expect(parts).toEqual([]);
});

test('an encoder that cannot write its last bytes is a full disk, though it ends as if all were well', async () => {
  const full = [...encodeArgs(width * 2, height * 2), '/dev/full', '-map', '0:v', '-c:v', 'utvideo', '-f', 'nut'];
  const { error, parts } = await run(await request({ encodeArgs: ['-y', ...full], checkpointFrames: 1 }));
  expect(error).toMatchObject({ name: 'DiskFull' });
  expect(parts).toEqual([]);
});

test('a part folder that is gone is an error of the world', async () => {
  const { error } = await run(await request({ partFolder: path.join(scratch, 'never-made') }));
  expect(error).toMatchObject({ name: 'WorldError' });
});

test.each([
  ['black', /black pictures/],
  ['nan', /NaN/],
] as const)('a model that gives %s pictures is refused', async (output, message) => {
  const bad = await tinyModel(path.join(scratch, `${output}.onnx`), { output });
  const { error, parts } = await run(await request({}, bad));
  expect(error).toMatchObject({ name: 'UserError', message: expect.stringMatching(message) as string });
  expect(parts).toEqual([]);
});

test('half precision is left for fp32 where it gives black, on the same frame, and stays left', async () => {
  const bad = await tinyModel(path.join(scratch, 'half.onnx'), { output: 'black in half' });
  const what = await request({ model: { precision: 'fp16', tile: 32, tilePad: 2 } }, bad);
  const { error, parts, notices, precisions } = await run(what);
  expect(error).toBeUndefined();
  expect(notices).toEqual([
    'in half precision (fp16) the model gives black pictures where the source is not black: going on in fp32',
  ]);
  expect((await framesOfParts(what.partFolder, parts)).equals(enlarged(source, width, height, 2))).toBe(true);
  expect(new Set(parts.map(({ precision }) => precision))).toEqual(new Set(['fp32']));
  expect(precisions.at(-1)).toBe('fp32');
  expect(inferredFrames(what.partFolder)).toBe(25);

  const again = await request({ model: { precision: 'fp16', tile: 32, tilePad: 2 } }, bad);
  const second = await run(again);
  expect(second.notices).toEqual([]);
  expect(new Set(second.parts.map(({ precision }) => precision))).toEqual(new Set(['fp32']));
});

test('a part ends where the precision changes', async () => {
  // Black until its sixth frame, where the net is black in half precision only.
  const late = await makeClip(path.join(scratch, 'late.mkv'), {
    size: `${width}x${height}`,
    seconds: 0.4,
    audioTracks: 0,
    video: ['-vf', "format=gbrp,drawbox=color=black:t=fill:enable='lt(n,6)',noise=alls=1:allf=t", '-c:v', 'ffv1'],
  });
  const bad = await tinyModel(path.join(scratch, 'late.onnx'), { output: 'black in half' });
  const { parts, error } = await run(
    await makeRequest(
      { clip: late, model: bad, folder: newFolder(), width, height, frames: 10 },
      { model: { precision: 'fp16' } },
    ),
  );
  expect(error).toBeUndefined();
  expect(parts.map(({ start, end, precision }) => [start, end, precision])).toEqual([
    [0, 6, 'fp16'],
    [6, 10, 'fp32'],
  ]);
});

test('a model that is sound in half precision stays in it', async () => {
  const what = await request({ model: { precision: 'fp16' } });
  const { parts, notices } = await run(what);
  expect(notices).toEqual([]);
  expect(new Set(parts.map(({ precision }) => precision))).toEqual(new Set(['fp16']));
  const frames16 = await framesOfParts(what.partFolder, parts);
  const expected = enlarged(source, width, height, 2);
  expect(frames16.every((sample, i) => Math.abs(sample - (expected[i] as number)) <= 1)).toBe(true);
});

test('a frame that is the one before is not inferred again', async () => {
  // Every frame three times, the last one once.
  const still = await makeClip(path.join(scratch, 'still.mkv'), {
    size: `${width}x${height}`,
    seconds: 1,
    audioTracks: 0,
    video: ['-vf', 'format=gbrp,fps=25/3,fps=25', '-c:v', 'ffv1'],
  });
  const frames3 = await rawFrames(still);
  const count = frameCount(frames3, width, height);
  const bytes = 3 * width * height;
  let different = 1;
  for (let n = 1; n < count; n++)
    if (!frames3.subarray(n * bytes, (n + 1) * bytes).equals(frames3.subarray((n - 1) * bytes, n * bytes)))
      different++;
  expect(different).toBeLessThan(count / 2);

  const what = await makeRequest(
    { clip: still, model, folder: newFolder(), width, height, frames: count },
    { checkpointFrames: 4 },
  );
  const { done, parts, progress } = await run(what);
  expect(done).toBe(count);
  expect((await framesOfParts(what.partFolder, parts)).equals(enlarged(frames3, width, height, 2))).toBe(true);
  expect(await readTally(path.join(what.partFolder, TALLY_FILE))).toEqual({
    inferred: different,
    repeated: count - different,
  });
  expect(Math.max(...progress)).toBeLessThanOrEqual(count);
});

test('a network of one size takes frames of any', async () => {
  const fixed = { width: 32, height: 24 };
  const what = await request(
    { model: { fixed, tilePad: 2 } },
    await tinyModel(path.join(scratch, 'fixed.onnx'), { fixed }),
  );
  const { parts, error } = await run(what);
  expect(error).toBeUndefined();
  expect((await framesOfParts(what.partFolder, parts)).equals(enlarged(source, width, height, 2))).toBe(true);
});

test('frames of 16 bits keep them', async () => {
  const decode = decodeArgs(clip).map((arg) => arg.replace('format=gbrp', 'format=gbrp16le'));
  const encode = encodeArgs(width * 2, height * 2).map((arg) =>
    arg === 'gbrp' ? 'gbrp16le' : arg === 'utvideo' ? 'rawvideo' : arg,
  );
  const what = await request({ bitDepth: 16, decodeArgs: decode, encodeArgs: encode });
  const { parts, error } = await run(what);
  expect(error).toBeUndefined();
  expect((await framesOfParts(what.partFolder, parts)).equals(enlarged(source, width, height, 2))).toBe(true);
});

test('a model with another scale than promised is refused', async () => {
  const { error } = await run(await request({ model: { scale: 4 } }));
  expect(error).toMatchObject({ name: 'UserError', message: 'the model tiny.onnx does not enlarge by 4' });
});

test('a model file that was changed, is missing, or is no model is refused', async () => {
  const changed = await run(await request({ model: { digest: '0'.repeat(64) } }));
  expect(changed.error).toMatchObject({
    name: 'UserError',
    message: `the model ${model} was changed since the job was made`,
  });
  const missing = await run(await request({ model: { file: '/nowhere/x.onnx' } }));
  expect(missing.error).toMatchObject({
    name: 'UserError',
    message: expect.stringContaining('/nowhere/x.onnx is not on this host') as string,
  });
  const text = path.join(scratch, 'text.onnx');
  writeFileSync(text, 'not a network');
  const wrong = await run(await request({}, text));
  expect(wrong.error).toMatchObject({
    name: 'UserError',
    message: expect.stringContaining('text.onnx cannot be used') as string,
  });
});

test('a precision that is not made is refused', async () => {
  expect((await run(await request({ model: { precision: 'int8' } }))).error).toMatchObject({
    name: 'UserError',
    message: expect.stringContaining('--precision fp32') as string,
  });
});

test('a device that is not there is an error of the user, not a silent fall back to the CPU', async () => {
  expect(() => createUpscaler({ device: 'gpu' })).toThrow(/gpu is not a device: use cpu, or cuda:0/);
  const cuda = createUpscaler({ device: 'cuda:97' });
  try {
    const nothing = () => undefined;
    await expect(
      cuda.run(await request(), { onPart: () => Promise.resolve(), onProgress: nothing, onNotice: nothing }),
    ).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringContaining('CUDA device 97 cannot be used') as string,
    });
  } finally {
    await cuda.close();
  }
});

test('kill -9 of the process fails the run, and the next one goes on behind its parts', async () => {
  const what = await request({ checkpointFrames: 3 }, slowModel);
  let children: string[] = [];
  const kill = (): void => {
    const pid = upscaler?.pid ?? 0;
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    process.kill(pid, 'SIGKILL');
  };
  const first = await run(what, { onPart: kill });
  expect(first.error).toMatchObject({ name: 'WorldError', message: expect.stringContaining('SIGKILL') as string });
  const next = first.parts.at(-1)?.end ?? 0;
  expect(next).toBeGreaterThanOrEqual(3);
  expect(children.length).toBeGreaterThanOrEqual(1);
  await expect.poll(() => children.filter((child) => existsSync(`/proc/${child}/fd/0`))).toEqual([]);

  const second = await run({
    ...what,
    firstFrame: next,
    frames: 25 - next,
    decodeArgs: decodeArgs(clip, `trim=start_frame=${next}`),
  });
  expect(second.done).toBe(25 - next);
  const all = [...first.parts, ...second.parts];
  expect((await framesOfParts(what.partFolder, all)).equals(enlarged(source, width, height, 2))).toBe(true);
  // At most one part and the one that was being committed are inferred twice.
  expect(inferredFrames(what.partFolder)).toBeLessThanOrEqual(25 + 2 * 3);
});

test('a process that was killed between runs is replaced', async () => {
  await run(await request());
  const before = upscaler?.pid ?? 0;
  process.kill(before, 'SIGKILL');
  while (upscaler?.pid === before) await new Promise((resolve) => setTimeout(resolve, 10));
  expect((await run(await request())).done).toBe(25);
});
