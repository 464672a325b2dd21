import { zipSync } from 'fflate';

/** Writes PyTorch's files for tests, in pickle's own opcodes. */

interface TestTensor {
  dims: number[];
  values: number[];
}

export type TestState = Record<string, TestTensor>;

type Part = number[] | Uint8Array;
const bytes = (...parts: Part[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const ascii = (text: string): number[] => [...new TextEncoder().encode(text)];
const u32 = (value: number): number[] => [value & 0xff, (value >> 8) & 0xff, (value >> 16) & 0xff, value >>> 24];

/** Opcodes of protocol 2 by what they write. */
export const op = {
  start: [0x80, 2],
  stop: [0x2e],
  mark: [0x28],
  dict: [0x7d],
  emptyTuple: [0x29],
  tuple: [0x74],
  setItems: [0x75],
  reduce: [0x52],
  build: [0x62],
  persistent: [0x51],
  no: [0x89],
  text: (value: string): number[] => [0x58, ...u32(ascii(value).length), ...ascii(value)],
  integer: (value: number): number[] => [0x4a, ...u32(value)],
  global: (module: string, name: string): number[] => [0x63, ...ascii(`${module}\n${name}\n`)],
};

const integers = (values: number[]): number[] => [...op.mark, ...values.flatMap(op.integer), ...op.tuple];
const orderedDict = [...op.global('collections', 'OrderedDict'), ...op.emptyTuple, ...op.reduce];

export interface PickledTensor {
  key: string;
  dims: number[];
  /** torch.<type>Storage. */
  type?: string;
  count?: number;
  offset?: number;
  strides?: number[];
  /** In torch.nn.Parameter. */
  parameter?: boolean;
  /** Old files name a view of the storage. */
  legacy?: boolean;
}

const product = (dims: number[]): number => dims.reduce((a, b) => a * b, 1);
const rowMajor = (dims: number[]): number[] => dims.map((_, i) => product(dims.slice(i + 1)));

export function pickledTensor({
  key,
  dims,
  type = 'Float',
  count = product(dims),
  offset = 0,
  strides = rowMajor(dims),
  parameter,
  legacy,
}: PickledTensor): number[] {
  const storage = [
    ...op.mark,
    ...op.text('storage'),
    ...op.global('torch', `${type}Storage`),
    ...op.text(key),
    ...op.text('cpu'),
    ...op.integer(count),
    ...(legacy ? [0x4e] : []),
    ...op.tuple,
    ...op.persistent,
  ];
  const tensor = [
    ...op.global('torch._utils', '_rebuild_tensor_v2'),
    ...op.mark,
    ...storage,
    ...op.integer(offset),
    ...integers(dims),
    ...integers(strides),
    ...op.no,
    ...orderedDict,
    ...op.tuple,
    ...op.reduce,
  ];
  if (!parameter) return tensor;
  return [
    ...op.global('torch._utils', '_rebuild_parameter'),
    ...op.mark,
    ...tensor,
    ...op.no,
    ...orderedDict,
    ...op.tuple,
    ...op.reduce,
  ];
}

/** An OrderedDict with the attribute that PyTorch gives a state dict. */
export const pickledDict = (items: [string, number[]][]): number[] => [
  ...orderedDict,
  ...op.mark,
  ...items.flatMap(([name, value]) => [...op.text(name), ...value]),
  ...op.setItems,
  ...op.dict,
  ...op.mark,
  ...op.text('_metadata'),
  ...orderedDict,
  ...op.setItems,
  ...op.build,
];

const wrapped = (dict: number[], wrapper: string | undefined): number[] =>
  wrapper === undefined ? dict : [...op.dict, ...op.mark, ...op.text(wrapper), ...dict, ...op.setItems];

/** float32, little-endian. */
export function floatBytes(values: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((value, i) => {
    view.setFloat32(i * 4, value, true);
  });
  return new Uint8Array(view.buffer);
}

export interface WriteOptions {
  wrapper?: string;
  compress?: boolean;
  parameter?: boolean;
}

/** A zip file with the given pickle and storages. */
export function zipFile(
  pickle: number[],
  storages: Record<string, Uint8Array>,
  { compress = false, byteOrder = 'little' } = {},
): Uint8Array {
  const entries = Object.entries(storages).map(([key, content]) => [`archive/data/${key}`, content] as const);
  return zipSync(
    {
      'archive/data.pkl': Uint8Array.from([...op.start, ...pickle, ...op.stop]),
      'archive/byteorder': Uint8Array.from(ascii(byteOrder)),
      ...Object.fromEntries(entries),
      'archive/version': Uint8Array.from(ascii('3\n')),
    },
    { level: compress ? 6 : 0, mtime: '2020-01-01' },
  );
}

const storagesOf = (state: TestState): Record<string, Uint8Array> =>
  Object.fromEntries(Object.values(state).map(({ values }, i) => [String(i), floatBytes(values)]));

/** As torch.save writes since 1.6. */
export function zipPth(
  state: TestState,
  { wrapper, compress = false, parameter = false }: WriteOptions = {},
): Uint8Array {
  const items = Object.entries(state).map(([name, { dims }], i): [string, number[]] => [
    name,
    pickledTensor({ key: String(i), dims, parameter }),
  ]);
  return zipFile(wrapped(pickledDict(items), wrapper), storagesOf(state), { compress });
}

const LEGACY_MAGIC = [0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/** As torch.save wrote before 1.6. */
export function legacyPth(state: TestState, { wrapper }: WriteOptions = {}): Uint8Array {
  const pickle = (...parts: number[][]): number[] => [...op.start, ...parts.flat(), ...op.stop];
  const items = Object.entries(state).map(([name, { dims }], i): [string, number[]] => [
    name,
    pickledTensor({ key: String(i), dims, legacy: true }),
  ]);
  const storages = Object.values(storagesOf(state));
  return bytes(
    pickle(LEGACY_MAGIC),
    pickle([0x4d, 0xe9, 0x03]),
    pickle(
      op.dict,
      op.mark,
      op.text('protocol_version'),
      [0x4d, 0xe9, 0x03],
      op.text('little_endian'),
      [0x88],
      op.setItems,
    ),
    pickle(wrapped(pickledDict(items), wrapper)),
    pickle([0x5d], op.mark, ...storages.map((_, i) => op.text(String(i))), [0x65]),
    ...storages.flatMap((content) => [[...u32(content.length / 4), 0, 0, 0, 0], content]),
  );
}

/** @param header the tensors' entries; written as it is. */
export function safetensorsFile(header: object | string, data: Uint8Array): Uint8Array {
  const text = ascii(typeof header === 'string' ? header : JSON.stringify(header));
  return bytes([...u32(text.length), 0, 0, 0, 0], text, data);
}

export function safetensors(state: TestState): Uint8Array {
  let end = 0;
  const entries = Object.entries(state).map(([name, { dims, values }]) => {
    const begin = end;
    end += values.length * 4;
    return [name, { dtype: 'F32', shape: dims, data_offsets: [begin, end] }] as const;
  });
  return safetensorsFile(
    { __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) },
    bytes(...Object.values(state).map(({ values }) => floatBytes(values))),
  );
}
