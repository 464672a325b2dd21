import path from 'node:path';
import { expect, test } from 'vitest';
import { readTally, TALLY_FILE } from '../../src/job/tally.js';
import { makeClip } from '../support/media.js';
import { tinyModel } from '../support/models.js';
import {
  clip,
  filesIn,
  height,
  model,
  newFolder,
  ranges,
  request,
  run,
  scratch,
  slowModel,
  source,
  upscaler,
  width,
} from './onClip.js';
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
