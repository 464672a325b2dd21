import path from 'node:path';
import { expect, test } from 'vitest';
import { makeClip } from '../support/media.js';
import { tinyModel } from '../support/models.js';
import { height, newFolder, request, run, scratch, source, width } from './onClip.js';
import { enlarged, framesOfParts, inferredFrames, makeRequest } from './support.js';

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

test('a precision that is not made is refused', async () => {
  expect((await run(await request({ model: { precision: 'int8' } }))).error).toMatchObject({
    name: 'UserError',
    message: expect.stringContaining('--precision fp32') as string,
  });
});
