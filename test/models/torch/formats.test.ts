import { describe, expect, it } from 'vitest';
import { readPickle } from '../../../src/models/torch/pickle.js';
import { readStateDict } from '../../../src/models/torch/read.js';
import {
  floatBytes,
  legacyPth,
  op,
  type PickledTensor,
  pickledDict,
  pickledTensor,
  safetensors,
  safetensorsFile,
  zipFile,
  zipPth,
} from '../../support/torch.js';
import { messageOf, state, values } from './support.js';

const bytesOf = (...words: number[]) => Uint8Array.from(words.flatMap((word) => [word & 0xff, word >> 8]));
const HALVES = bytesOf(0x0000, 0x3c00, 0xc000, 0x3800, 0x4800, 0xb400);
const BFLOATS = bytesOf(0x0000, 0x3f80, 0xc000, 0x3f00, 0x4100, 0xbe80);
const DOUBLES = new Uint8Array(Float64Array.from(values).buffer);

const one = (tensor: Omit<PickledTensor, 'key'>, storage: Uint8Array) =>
  zipFile(pickledDict([['w', pickledTensor({ key: '0', ...tensor })]]), { 0: storage });
const read = async (file: Uint8Array, name = 'w') => (await readStateDict(file)).get(name);

describe('tensors are read', () => {
  it.each<[string, Uint8Array]>([
    ['zip', zipPth(state)],
    ['legacy', legacyPth(state)],
    ['safetensors', safetensors(state)],
  ])('with their names, shapes and numbers from %s', async (_, file) => {
    const tensors = await readStateDict(file);
    expect([...tensors.keys()]).toEqual(['w', 'b']);
    expect(tensors.get('w')).toEqual({ dims: [2, 3], values: Float32Array.from(values) });
    expect(tensors.get('b')).toEqual({ dims: [2], values: Float32Array.of(3, 4) });
  });

  it.each<[string, Uint8Array, string]>([
    ['Half', HALVES, 'F16'],
    ['BFloat16', BFLOATS, 'BF16'],
    ['Double', DOUBLES, 'F64'],
  ])('as float32 where they are stored as %s', async (type, storage, dtype) => {
    const expected = { dims: [2, 3], values: Float32Array.from(values) };
    expect(await read(one({ dims: [2, 3], type }, storage))).toEqual(expected);
    expect(
      await read(safetensorsFile({ w: { dtype, shape: [2, 3], data_offsets: [0, storage.length] } }, storage)),
    ).toEqual(expected);
  });

  it('through their strides and offsets', async () => {
    const transposed = one({ dims: [3, 2], strides: [1, 3] }, floatBytes(values));
    expect([...((await read(transposed))?.values ?? [])]).toEqual([0, 0.5, 1, 8, -2, -0.25]);
    const tail = one({ dims: [2], offset: 3, strides: [2], count: 6 }, floatBytes(values));
    expect([...((await read(tail))?.values ?? [])]).toEqual([0.5, -0.25]);
    const scalar = one({ dims: [], offset: 4, count: 6 }, floatBytes(values));
    expect(await read(scalar)).toEqual({ dims: [], values: Float32Array.of(8) });
  });

  it('where several share a storage, each its own part of it', async () => {
    const pickle = pickledDict([
      ['a', pickledTensor({ key: '0', dims: [2], count: 6 })],
      ['b', pickledTensor({ key: '0', dims: [4], offset: 2, count: 6 })],
    ]);
    const file = zipFile(pickle, { 0: floatBytes(values) });
    expect([...((await read(file, 'a'))?.values ?? []), ...((await read(file, 'b'))?.values ?? [])]).toEqual(values);
  });

  it('from the averaged weights of a training checkpoint', async () => {
    const inner = (key: string) => pickledDict([['w', pickledTensor({ key, dims: [1] })]]);
    const pickle = [
      ...op.dict,
      ...op.mark,
      ...op.text('params'),
      ...inner('0'),
      ...op.text('params_ema'),
      ...inner('1'),
      ...op.text('epoch'),
      ...op.integer(7),
      ...op.setItems,
    ];
    expect((await read(zipFile(pickle, { 0: floatBytes([1]), 1: floatBytes([2]) })))?.values).toEqual(
      Float32Array.of(2),
    );
  });
});

describe('a pickle is never executed', () => {
  const system = [...op.global('os', 'system'), ...op.mark, ...op.text('touch /tmp/owned'), ...op.tuple, ...op.reduce];
  it.each<[string, number[], RegExp]>([
    [
      'a command',
      system,
      /asks for the Python object "os\.system", and only tensors are read from it: nothing in it was run/,
    ],
    ['a command among tensors', pickledDict([['w', system]]), /"os\.system"/],
    ['a class of PyTorch itself', op.global('torch.nn.modules.conv', 'Conv2d'), /"torch\.nn\.modules\.conv\.Conv2d"/],
    ['a name by two texts', [...op.text('builtins'), ...op.text('eval'), 0x93], /"builtins\.eval"/],
    ['a name of several lines', [...op.text('a\nb'), ...op.text('c'), 0x93], /"a\\nb\.c"/],
    ['a name that objects have in JavaScript', op.global('constructor', 'constructor'), /"constructor\.constructor"/],
    ['an instance', [...op.mark, 0x69, ...new TextEncoder().encode('os\nsystem\n')], /opcode INST/],
    ['a new object', [...op.global('collections', 'OrderedDict'), ...op.emptyTuple, 0x81], /opcode NEWOBJ/],
    ['an extension', [0x82, 1], /opcode EXT1/],
    ['a call of a text', [...op.text('print'), ...op.emptyTuple, ...op.reduce], /calls something that is no function/],
    [
      'a call of a storage type',
      [...op.global('torch', 'FloatStorage'), ...op.emptyTuple, ...op.reduce],
      /calls something that is no function/,
    ],
    ['a state for something else than a dict', [...op.text('x'), ...op.dict, ...op.build], /BUILD/],
    ['an old protocol', [0x80, 0], /protocol 0/],
  ])('%s is refused', async (_, pickle, message) => {
    expect(await messageOf(zipFile(pickle, {}))).toMatch(message);
  });

  it.each<[string, number[]]>([
    ['nothing on the stack', op.tuple],
    ['a memory that was never filled', [0x68, 5]],
    ['a value for no key', [...op.dict, ...op.mark, ...op.text('a'), ...op.setItems]],
    ['an item for no list', [...op.dict, 0x4e, 0x61]],
    ['a storage that is a number', [...op.integer(1), ...op.persistent]],
    ['a tensor of nothing', [...op.global('torch._utils', '_rebuild_tensor_v2'), ...op.emptyTuple, ...op.reduce]],
    [
      'a dict of arguments',
      [...op.global('collections', 'OrderedDict'), ...op.mark, ...op.dict, ...op.tuple, ...op.reduce],
    ],
    ['a text beyond the end', [0x58, 0xff, 0xff, 0xff, 0x7f]],
    ['a dict that is a key', [...op.dict, ...op.mark, ...op.dict, 0x4e, ...op.setItems]],
  ])('%s is damage, not a crash', async (_, pickle) => {
    expect(await messageOf(zipFile(pickle, {}))).toMatch(/its pickle/);
  });

  it('an endless one ends', () => {
    expect(() => readPickle(new Uint8Array(2_000_000).fill(0x4e))).toThrow(/far longer than that of any state dict/);
  });

  it('integers of any length are numbers', () => {
    const long = (...bytes: number[]) =>
      readPickle(Uint8Array.from([...op.start, 0x8a, bytes.length, ...bytes, ...op.stop])).value;
    expect([long(), long(0xff), long(0x00, 0x01), long(0xfe, 0xff)]).toEqual([0, -1, 256, -2]);
    expect(long(0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19)).toBe(0x1950a86a20f9469cfc6cn);
  });
});

describe('a tensor cannot reach beyond its storage', () => {
  const floats = floatBytes(values);
  it.each<[string, Omit<PickledTensor, 'key'>, RegExp]>([
    ['by its size', { dims: [7], count: 6 }, /beyond its storage of 6 numbers/],
    ['by its offset', { dims: [3], offset: 4, count: 6 }, /beyond its storage of 6 numbers/],
    ['by its strides', { dims: [2, 2], strides: [5, 1], count: 6 }, /beyond its storage/],
    [
      'by repeating numbers',
      { dims: [1000, 1000], strides: [0, 0], count: 6 },
      /takes more numbers than its storage holds/,
    ],
    [
      'by a product beyond all numbers',
      { dims: [2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1], strides: [0, 0, 0, 0], count: 6 },
      /takes more numbers/,
    ],
    ['by a storage that is shorter than it says', { dims: [4], count: 1_000_000 }, /24 bytes instead of 4000000/],
    ['by a stride too few', { dims: [2, 3], strides: [1] }, /2 dimensions and 1 strides/],
    ['by a negative offset', { dims: [2], offset: -1, count: 6 }, /describes a tensor in a way/],
    ['by many dimensions', { dims: [1, 1, 1, 1, 1, 1, 1, 1, 1] }, /describes a tensor in a way/],
    ['by whole numbers', { dims: [3], type: 'Long' }, /"w" is of type int64/],
    ['by an unknown type', { dims: [3], type: 'ComplexFloat' }, /"torch\.ComplexFloatStorage"/],
  ])('%s', async (_, tensor, message) => {
    expect(await messageOf(one(tensor, floats))).toMatch(message);
  });

  it('or take what another has taken', async () => {
    const items = Array.from({ length: 3 }, (_, i): [string, number[]] => [
      `w${i}`,
      pickledTensor({ key: '0', dims: [6] }),
    ]);
    expect(await messageOf(zipFile(pickledDict(items), { 0: floats }))).toMatch(
      /tensor "w1" takes more numbers than its storage holds/,
    );
  });
});

describe('what holds no state dict is refused:', () => {
  it.each<[string, number[], RegExp]>([
    ['an empty dict', op.dict, /holds no state dict/],
    ['a number', op.integer(1), /holds no state dict/],
    [
      'a dict of numbers',
      [...op.dict, ...op.mark, ...op.text('epoch'), ...op.integer(3), ...op.setItems],
      /holds "epoch", which is no tensor/,
    ],
  ])('%s', async (_, pickle, message) => {
    expect(await messageOf(zipFile(pickle, {}))).toMatch(message);
  });
});
