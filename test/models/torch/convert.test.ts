import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/lib/errors.js';
import { convertNcnn } from '../../../src/models/ncnn/convert.js';
import { decodeModel } from '../../../src/models/onnx/schema.js';
import { convertTorch, interpolateTorch } from '../../../src/models/torch/convert.js';
import { sharedFile } from '../../support/media.js';
import { legacyPth, safetensors, type TestState, zipPth } from '../../support/torch.js';
import { compactState } from '../networks.js';

const state = compactState({ features: 4, convolutions: 1, scale: 2 });
const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
const { onnx } = await convertTorch(zipPth(state), 'net.pth');

async function messageOf(convert: () => Promise<unknown>): Promise<string> {
  try {
    await convert();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as Error).message;
  }
  throw new Error('it was converted');
}

describe('the same network comes out of', () => {
  it.each<[string, Uint8Array]>([
    ['a zip file that was packed again', zipPth(state, { compress: true })],
    ['a zip file of parameters', zipPth(state, { parameter: true })],
    ['the legacy format', legacyPth(state)],
    ['a safetensors file', safetensors(state)],
    ...['params_ema', 'params', 'state_dict'].flatMap((wrapper): [string, Uint8Array][] => [
      [`a zip file that wraps it in ${wrapper}`, zipPth(state, { wrapper })],
      [`a legacy file that wraps it in ${wrapper}`, legacyPth(state, { wrapper })],
    ]),
  ])('%s', async (_, file) => {
    expect(same((await convertTorch(file, 'net.pth')).onnx, onnx)).toBe(true);
  });

  it('bytes that lie anywhere in a larger buffer', async () => {
    const file = zipPth(state);
    const larger = new Uint8Array(file.length + 7);
    larger.set(file, 3);
    expect(same((await convertTorch(larger.subarray(3, 3 + file.length), 'net.pth')).onnx, onnx)).toBe(true);
  });
});

const weights = (bytes: Uint8Array): Map<string, Float32Array> =>
  new Map(
    decodeModel(bytes).graph.initializer.map(({ name, rawData = new Uint8Array() }) => [
      name,
      new Float32Array(Uint8Array.from(rawData).buffer),
    ]),
  );

describe('two networks are mixed', () => {
  const other: TestState = Object.fromEntries(
    Object.entries(state).map(([name, { dims, values }]) => [
      name,
      { dims, values: values.map((v) => Math.fround(1 - v)) },
    ]),
  );

  it('number by number', async () => {
    const mixed = weights((await interpolateTorch(zipPth(state), legacyPth(other), 0.25, 'net.pth')).onnx);
    for (const [name, { values }] of Object.entries(state)) {
      expect([...(mixed.get(name) as Float32Array)]).toEqual(
        values.map((v, i) => Math.fround(0.25 * v + 0.75 * other[name]!.values[i]!)),
      );
    }
  });

  it('into either of them at the ends', async () => {
    expect(same((await interpolateTorch(zipPth(state), zipPth(other), 1, 'net.pth')).onnx, onnx)).toBe(true);
    expect(same((await interpolateTorch(zipPth(other), zipPth(state), 0, 'net.pth')).onnx, onnx)).toBe(true);
  });

  it('only when they have the same tensors', async () => {
    const { 'body.1.weight': prelu, ...rest } = state;
    const shorter = { dims: [2], values: [1, 1] };
    expect(await messageOf(() => interpolateTorch(zipPth(state), zipPth(rest), 0.5, 'net.pth'))).toMatch(
      /only one of the two networks has tensor "body\.1\.weight"/,
    );
    expect(await messageOf(() => interpolateTorch(zipPth(rest), zipPth(state), 0.5, 'net.pth'))).toMatch(
      /only one of the two networks has tensor "body\.1\.weight"/,
    );
    expect(prelu?.dims).toEqual([4]);
    expect(
      await messageOf(() =>
        interpolateTorch(zipPth(state), zipPth({ ...state, 'body.1.weight': shorter }), 0.5, 'net.pth'),
      ),
    ).toMatch(/"body\.1\.weight" is 4 in one network and 2 in the other/);
  });
});

describe('one line says what is wrong with', () => {
  it.each<[string, Uint8Array, RegExp]>([
    ['an empty file', new Uint8Array(), /neither a file of PyTorch/],
    ['a text', new TextEncoder().encode('<html>not found</html>'), /neither a file of PyTorch/],
    [
      'a network of another kind',
      zipPth({ 'fc.weight': { dims: [2, 2], values: [1, 2, 3, 4] } }),
      /no supported architecture/,
    ],
  ])('%s', async (_, file, message) => {
    expect(await messageOf(() => convertTorch(file, '/some/folder/net.pth'))).toMatch(
      /^"net\.pth" cannot be converted: /,
    );
    expect(await messageOf(() => convertTorch(file, '/some/folder/net.pth'))).toMatch(message);
  });
});

it.skipIf(!existsSync(sharedFile('models/realesr-animevideov3.fp32.repacked.pth')))(
  'Real-ESRGAN animevideov3 is the network of its ncnn files, in float32',
  async () => {
    const torch = await convertTorch(
      readFileSync(sharedFile('models/realesr-animevideov3.fp32.repacked.pth')),
      'net.pth',
    );
    expect(torch).toMatchObject({
      architecture: 'SRVGGNetCompact, 16 convolutions of 64 channels',
      scale: 4,
      radius: 18,
      parameters: 621_424,
    });
    const ncnn = [
      ...weights(
        convertNcnn(
          readFileSync(sharedFile('models/realesr-animevideov3-x4.param'), 'utf8'),
          readFileSync(sharedFile('models/realesr-animevideov3-x4.bin')),
        ),
      ).values(),
    ];
    // Both have the tensors in the order of the layers. There the convolutions are cut to float16 (small numbers to
    // 0), biases and slopes are not.
    const tensors = [...weights(torch.onnx)];
    expect(tensors).toHaveLength(ncnn.length);
    tensors.forEach(([name, values], i) => {
      const isHalf = /body\.\d+\.weight/.test(name) && values.length > 64;
      expect(
        values.every(
          (v, j) =>
            Math.abs(v - (ncnn[i]?.[j] as number)) <= (isHalf ? Math.max(Math.abs(v) * 2 ** -10, 2 ** -14) : 0),
        ),
      ).toBe(true);
    });
  },
);
