import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { readEnds } from '../../src/models/graphSignature.js';
import { multiplicationsPerPixel, workOf } from '../../src/models/multiplications.js';
import { node } from '../../src/models/onnx/build.js';
import { scratchFolder } from '../support/media.js';
import { tinyModel } from '../support/models.js';

it('counts the multiplications of convolutions by the size that their pictures have there', async () => {
  const file = await tinyModel(path.join(scratchFolder(), 'tiny.onnx'), { work: 3 });
  // 3x3 from 3 to 128 channels, from 128 to 128, from 128 to 3.
  const work = 9 * (3 * 128 + 128 * 128 + 128 * 3);
  expect(await workOf(file)).toBe(work);

  const { model, input } = readEnds(readFileSync(file));
  // Once more at twice the size, where each source pixel is four.
  model.graph.node.push(node('Conv', ['output', 'weight0'], ['again'], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }));
  expect(multiplicationsPerPixel(model.graph, input)).toBe(work + 4 * 9 * 3 * 128);
  model.graph.node.push(node('GlobalAveragePool', ['again'], ['one'], {}));
  expect(multiplicationsPerPixel(model.graph, input)).toBeUndefined();
});
