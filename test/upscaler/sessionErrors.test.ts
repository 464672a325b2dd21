import { expect, it } from 'vitest';
import { OrtError } from '../../src/runtime/ortError.js';
import type { UpscaleModel } from '../../src/upscaler/protocol.js';
import { runningError } from '../../src/upscaler/sessionErrors.js';

const model = { file: '/models/net.onnx', scale: 2 } as UpscaleModel;
const meaning = (text: string): unknown =>
  runningError(new OrtError('RunWithBinding', 1, text), model, { kind: 'cuda', id: 1 });

it.each([
  'CUDA failure 719: unspecified launch failure ; GPU=1 ; hostname=vm\nand more',
  'CUDA error cudaErrorECCUncorrectable: uncorrectable ECC error encountered',
  'WebGPU validation failed. A valid external Instance reference no longer exists: device is lost',
  'vkQueueSubmit failed with VK_ERROR_DEVICE_LOST',
])('a device that disappears is one line, and what it was at is tried again: %s', (text) => {
  expect(meaning(text)).toMatchObject({
    name: 'WorldError',
    message: `cuda:1 is gone, or no longer answers: ${text.split('\n')[0]}`,
  });
});

it('a lack of memory is left to the tiles, and what is wrong with a network stays what it is', () => {
  for (const text of ['CUDA failure 2: out of memory', 'Failed to allocate memory for requested buffer', 'odd shape'])
    expect(meaning(text)).toMatchObject({ name: 'OrtError', message: text });
  expect(meaning('shape mismatch')).toMatchObject({
    name: 'UserError',
    message: 'the model net.onnx does not enlarge by 2',
  });
});
