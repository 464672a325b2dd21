import path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, it } from 'vitest';
import { scratchFolder } from '../support/media.js';
import { tinyModel } from '../support/models.js';

const folder = scratchFolder();
const picture = Float32Array.from({ length: 3 * 2 * 3 }, (_, i) => ((i * 29) % 256) / 255);

async function run(file: string): Promise<Tensor> {
  const session = await InferenceSession.create(file);
  const { output } = await session.run({ input: new Tensor('float32', picture, [1, 3, 2, 3]) });
  await session.release();
  return output as Tensor;
}

it.each([1, 2, 3, 4])('the tiny net repeats every pixel %i times in both directions', async (scale) => {
  const output = await run(await tinyModel(path.join(folder, `picture${scale}.onnx`), { scale, work: scale }));
  expect(output.dims).toEqual([1, 3, 2 * scale, 3 * scale]);
  const expected: number[] = [];
  for (let c = 0; c < 3; c++) {
    for (let y = 0; y < 2 * scale; y++) {
      for (let x = 0; x < 3 * scale; x++)
        expected.push(picture[(c * 2 + Math.floor(y / scale)) * 3 + Math.floor(x / scale)] as number);
    }
  }
  expect([...(output.data as Float32Array)]).toEqual(expected);
});

it('the tiny net can give black and NaN', async () => {
  const black = await run(await tinyModel(path.join(folder, 'black.onnx'), { output: 'black' }));
  expect((black.data as Float32Array).every((v) => v === 0)).toBe(true);
  const nan = await run(await tinyModel(path.join(folder, 'nan.onnx'), { output: 'nan', work: 0 }));
  expect((nan.data as Float32Array).every(Number.isNaN)).toBe(true);
});
