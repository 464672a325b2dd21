import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../../src/lib/errors.js';
import { signatureOf } from '../../src/models/graph.js';
import { convertNcnn } from '../../src/models/ncnn/convert.js';
import { decodeModel } from '../../src/models/onnx/schema.js';
import { convertTorch } from '../../src/models/torch/convert.js';
import {
  floatBytes,
  legacyPth,
  op,
  pickledDict,
  pickledTensor,
  safetensors,
  safetensorsFile,
  zipFile,
  zipPth,
} from '../support/torch.js';
import { Mutator } from './mutate.js';
import { compactNet, denseNet } from './ncnn/net.js';
import { compactState, denseState } from './networks.js';

const FILES = 2000;
/** What a parser may allocate at once, by the length of its file. */
const GROWTH = 100;
const GRACE = 1 << 20;

/** The largest array of bytes or floats made since the last reset. */
let largest = 0;

/** An array constructor that remembers how much it was asked for. */
const watched = <T extends Uint8ArrayConstructor | Float32ArrayConstructor>(arrays: T): T =>
  new Proxy(arrays, {
    construct(target, args: unknown[], made) {
      const array = Reflect.construct(target, args, made) as { byteLength: number };
      // Views of an existing buffer take no memory.
      if (!(args[0] instanceof ArrayBuffer)) largest = Math.max(largest, array.byteLength);
      return array;
    },
  });

beforeEach(() => {
  vi.stubGlobal('Float32Array', watched(Float32Array));
  vi.stubGlobal('Uint8Array', watched(Uint8Array));
});
afterEach(() => {
  vi.unstubAllGlobals();
});

/** Parses mutated files; each must be taken, or refused with one line. @returns how many were refused. */
async function fuzz(
  seed: number,
  attempt: (mutator: Mutator) => { length: number; parse: () => unknown },
): Promise<number> {
  const mutator = new Mutator(seed);
  let refused = 0;
  for (let i = 0; i < FILES; i++) {
    const { length, parse } = attempt(mutator);
    largest = 0;
    try {
      await parse();
    } catch (error) {
      refused++;
      if (!(error instanceof UserError)) throw new Error(`file ${i} crashed the parser`, { cause: error });
      if (error.message.includes('\n') || error.message.length > 600)
        throw new Error(`file ${i} is refused with ${JSON.stringify(error.message)}`, { cause: error });
    }
    if (largest > length * GROWTH + GRACE) throw new Error(`file ${i} of ${length} bytes made an array of ${largest}`);
  }
  return refused;
}

it('what is allocated is seen', () => {
  largest = 0;
  expect(Float32Array.from({ length: 10 }, () => 1)).toHaveLength(10);
  expect(largest).toBe(40);
  expect(new Uint8Array(new ArrayBuffer(100))).toHaveLength(100);
  expect(largest).toBe(40);
});

const compact = compactState({ features: 4, convolutions: 1, scale: 2 });
const dense = denseState({ features: 2, growth: 1, blocks: 1, inputs: 12 });

describe(`of ${FILES} changed files none crashes, hangs or fills the memory:`, () => {
  it.each([
    ['compact', compactNet()],
    ['dense', denseNet()],
  ] as const)('.param (%s)', async (name, { param, bin }) => {
    const refused = await fuzz(name.length, (mutator) => {
      const text = mutator.text(param);
      return { length: text.length + bin.length, parse: () => convertNcnn(text, bin) };
    });
    expect(refused).toBeGreaterThan(FILES / 2);
  });

  it('.bin', async () => {
    const { param, bin } = denseNet();
    const refused = await fuzz(2, (mutator) => {
      const bytes = mutator.bytes(bin);
      return { length: bytes.length, parse: () => convertNcnn(param, bytes) };
    });
    expect(refused).toBeGreaterThan(FILES / 3);
  });

  it.each<[string, Uint8Array]>([
    ['.pth, stored', zipPth(compact, { wrapper: 'params' })],
    ['.pth, compressed', zipPth(compact, { compress: true })],
    ['.pth of the legacy format', legacyPth(dense)],
    ['.safetensors', safetensors(dense)],
  ])('%s', async (name, file) => {
    const refused = await fuzz(name.length, (mutator) => {
      const bytes = mutator.bytes(file);
      return { length: bytes.length, parse: () => convertTorch(bytes, 'net') };
    });
    expect(refused).toBeGreaterThan(FILES / 3);
  });

  it('pickles, in an archive that is whole', async () => {
    const tensors = Object.entries(compact).map(([name, { dims }], i): [string, number[]] => [
      name,
      pickledTensor({ key: String(i), dims, parameter: i % 2 === 0 }),
    ]);
    const pickle = Uint8Array.from([
      ...op.dict,
      ...op.mark,
      ...op.text('params'),
      ...pickledDict(tensors),
      ...op.setItems,
    ]);
    const storages = Object.fromEntries(
      Object.values(compact).map(({ values }, i) => [String(i), floatBytes(values)]),
    );
    const refused = await fuzz(5, (mutator) => {
      const file = zipFile([...mutator.bytes(pickle)], storages);
      return { length: file.length, parse: () => convertTorch(file, 'net') };
    });
    expect(refused).toBeGreaterThan(FILES / 2);
  });

  it('headers of .safetensors, of the right length', async () => {
    const file = Buffer.from(safetensors(compact));
    const data = file.subarray(8 + file.readUInt32LE());
    const header = file.subarray(8, 8 + file.readUInt32LE()).toString();
    const refused = await fuzz(6, (mutator) => {
      const changed = safetensorsFile(mutator.text(header), data);
      return { length: changed.length, parse: () => convertTorch(changed, 'net') };
    });
    expect(refused).toBeGreaterThan(FILES / 2);
  });

  it('.onnx', async () => {
    const { onnx } = await convertTorch(zipPth(compact), 'net');
    const refused = await fuzz(7, (mutator) => {
      const bytes = mutator.bytes(onnx);
      return {
        length: bytes.length,
        parse: () =>
          asUserError(() => {
            signatureOf(decodeModel(bytes));
          }),
      };
    });
    expect(refused).toBeGreaterThan(FILES / 4);
  });
});

/** This parser throws plain errors, and protobufjs RangeErrors of its own for what lies beyond the end. */
function asUserError(parse: () => void): void {
  try {
    parse();
  } catch (error) {
    const own = (error as Error).constructor === Error || (error as Error).message.startsWith('index out of range');
    throw own ? new UserError((error as Error).message) : error;
  }
}
