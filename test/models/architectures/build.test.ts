import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/lib/errors.js';
import { signatureOf } from '../../../src/models/graph.js';
import { decodeModel } from '../../../src/models/onnx/schema.js';
import { convertTorch } from '../../../src/models/torch/convert.js';
import { type TestState, zipPth } from '../../support/torch.js';
import { asPublished, compactState, denseState, inBetween, renamed } from '../networks.js';
import { farthest, picture, runOnnx } from '../planes.js';
import { runCompact, runDense } from './reference.js';

const convert = (state: TestState) => convertTorch(zipPth(state), 'net.pth');

describe('the graph of SRVGGNetCompact gives what the published module does', () => {
  it.each([1, 2, 4])('at scale %i', async (scale) => {
    const sizes = { features: 5, convolutions: 2, scale };
    const state = compactState(sizes);
    const { onnx, ...rest } = await convert(state);
    const parameters = Object.values(state).reduce((sum, { values }) => sum + values.length, 0);
    expect(rest).toEqual({
      architecture: 'SRVGGNetCompact, 2 convolutions of 5 channels',
      scale,
      radius: 4,
      parameters,
      pixels: 'rgb',
    });
    expect(farthest(await runOnnx(onnx, picture(5, 7)), runCompact(state, sizes, picture(5, 7)))).toBeLessThan(2e-5);
  });
});

describe('the graph of RRDBNet gives what the published module does', () => {
  it.each([
    { inputs: 3, scale: 4, radius: 32 },
    { inputs: 12, scale: 2, radius: 64 },
    { inputs: 48, scale: 1, radius: 128 },
  ])('with $inputs input channels', async ({ inputs, scale, radius }) => {
    const sizes = { features: 6, growth: 3, blocks: 2, inputs };
    const state = denseState(sizes);
    const { onnx, ...rest } = await convert(state);
    expect(rest).toMatchObject({ architecture: 'RRDBNet, 2 blocks of 6 channels', scale, radius });
    expect(farthest(await runOnnx(onnx, picture(8, 12)), runDense(state, sizes, picture(8, 12)))).toBeLessThan(2e-5);
  });

  it('by whichever names its layers go', async () => {
    const sizes = { features: 6, growth: 3, blocks: 2, inputs: 3 };
    const state = denseState(sizes);
    const expected = runDense(state, sizes, picture(4, 5));
    for (const rename of [inBetween, asPublished]) {
      const { onnx, scale } = await convert(renamed(state, rename, 2));
      expect(scale).toBe(4);
      expect(farthest(await runOnnx(onnx, picture(4, 5)), expected)).toBeLessThan(2e-5);
    }
  });

  it('the order of the tensors in the file does not matter', async () => {
    const state = denseState({ features: 4, growth: 2, blocks: 1, inputs: 3 });
    const backwards = Object.fromEntries(Object.entries(state).reverse());
    expect(Buffer.compare((await convert(state)).onnx, (await convert(backwards)).onnx)).toBe(0);
  });
});

it('a graph has one input and one output of any size, as frames need them', async () => {
  const { input, output } = signatureOf(
    decodeModel((await convert(compactState({ features: 4, convolutions: 1, scale: 2 }))).onnx),
  );
  expect([input.name, output.name]).toEqual(['input', 'output']);
  expect(input.type?.tensorType?.shape?.dim.map(({ dimValue, dimParam }) => dimParam || Number(dimValue))).toEqual([
    1,
    3,
    'h',
    'w',
  ]);
});

describe('one line says what is wrong with', () => {
  const compact = compactState({ features: 4, convolutions: 2, scale: 2 });
  const dense = denseState({ features: 4, growth: 2, blocks: 2, inputs: 3 });
  const without = (state: TestState, name: string) =>
    Object.fromEntries(Object.entries(state).filter(([key]) => key !== name));
  const tensor = (...dims: number[]) => ({
    dims,
    values: Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => 0.5),
  });
  it.each<[string, TestState, RegExp]>([
    [
      'another architecture',
      { 'conv.weight': tensor(3, 3, 3, 3) },
      /no supported architecture: RRDBNet and SRVGGNetCompact are/,
    ],
    ['a bias that is missing', without(compact, 'body.2.bias'), /lacks tensor "body\.2\.bias"/],
    ['a PReLU that is missing', without(compact, 'body.3.weight'), /lacks tensor "body\.3\.weight"/],
    ['a tensor that is left over', { ...compact, 'extra.weight': tensor(4) }, /tensor "extra\.weight" has no place/],
    [
      'a tensor of another shape',
      { ...compact, 'body.2.weight': tensor(4, 4, 1, 1) },
      /tensor "body\.2\.weight" is 4x4x1x1 instead of 4x4x3x3/,
    ],
    [
      'a tensor of another rank',
      { ...compact, 'body.0.weight': tensor(4, 27) },
      /"body\.0\.weight" has 2 dimensions instead of 4/,
    ],
    [
      'channels that are no whole scale',
      { ...compact, 'body.6.weight': tensor(15, 4, 3, 3), 'body.6.bias': tensor(15) },
      /15 channels, which is no whole scale/,
    ],
    [
      'a network of grey pictures',
      denseState({ features: 4, growth: 2, blocks: 1, inputs: 1 }),
      /reads 1 channels: only 3, or 12 and 48/,
    ],
    [
      'a block that is missing',
      Object.fromEntries(Object.entries(dense).filter(([name]) => !name.startsWith('body.0.rdb2'))),
      /lacks tensor "body\.0\.rdb2\.conv1\.weight"/,
    ],
    [
      'an absurd number of blocks',
      { ...dense, 'body.9999.rdb1.conv1.weight': tensor(1) },
      /lacks tensor "body\.2\.rdb1\.conv1\.weight"/,
    ],
    ['a name of several lines', { ...compact, 'a\nb': tensor(1) }, /tensor "a\\nb" has no place/],
  ])('%s', async (_, state, message) => {
    const thrown: unknown = await convert(state).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(UserError);
    expect((thrown as Error).message).toMatch(/^"net\.pth" cannot be converted: /);
    expect((thrown as Error).message).toMatch(message);
    expect((thrown as Error).message).not.toContain('\n');
  });
});
