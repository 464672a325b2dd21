import { describe, expect, it } from 'vitest';
import {
  floatBytes,
  legacyPth,
  pickledDict,
  pickledTensor,
  safetensors,
  safetensorsFile,
  zipFile,
  zipPth,
} from '../../support/torch.js';
import { messageOf, state, values } from './support.js';

describe('a damaged zip file is refused:', () => {
  const file = zipPth(state);
  const packed = zipPth(state, { compress: true });
  const patched = (find: number[], offset: number, bytes: number[], whole = file): Uint8Array => {
    const at = Buffer.from(whole).indexOf(Buffer.from(find)) + offset;
    const copy = whole.slice();
    copy.set(bytes, at);
    return copy;
  };
  const directory = [0x50, 0x4b, 0x01, 0x02];
  const end = [0x50, 0x4b, 0x05, 0x06];
  const float = floatBytes([0.5]);
  it.each<[string, Uint8Array, RegExp]>([
    ['cut off', file.subarray(0, file.length - 30), /no end: it is truncated/],
    ['cut off at once', file.subarray(0, 4), /no end: it is truncated/],
    [
      'with a number changed',
      ((copy) => {
        copy[Buffer.from(copy).indexOf(Buffer.from(float))] = 1;
        return copy;
      })(file.slice()),
      /damaged: download or copy it again/,
    ],
    ['with more entries than there are', patched(end, 10, [0xff, 0x00]), /damaged/],
    ['with a directory outside', patched(end, 16, [0xff, 0xff, 0xff, 0x7f]), /truncated/],
    ['with an entry outside', patched(directory, 42, [0xff, 0xff, 0xff, 0x7f]), /truncated/],
    [
      'with an entry as large as a bomb',
      patched(directory, 24, [0xfe, 0xff, 0xff, 0xff], packed),
      /unpacks to \d+: no network does that/,
    ],
    ['with another size than a stored entry has', patched(directory, 24, [0xfe, 0xff, 0xff, 0xff]), /damaged/],
    ['with a name that leads out of it', patched(directory, 46, [...Buffer.from('../')]), /damaged/],
    ['with an encrypted entry', patched(directory, 8, [1, 0], packed), /encrypted/],
    ['with another compression', patched(directory, 10, [14, 0]), /packed by method 14, which is not supported/],
    ['without a pickle', withoutPickle(), /0 files data\.pkl instead of one/],
    [
      'with big-endian numbers',
      zipFile(pickledDict([['w', pickledTensor({ key: '0', dims: [1] })]]), { 0: float }, { byteOrder: 'big' }),
      /not little-endian/,
    ],
    [
      'without a storage',
      zipFile(pickledDict([['w', pickledTensor({ key: '7', dims: [1] })]]), { 0: float }),
      /lacks the storage "7" of tensor "w"/,
    ],
  ])('%s', async (_, changed, message) => {
    expect(await messageOf(changed)).toMatch(message);
  });

  it('a bomb that says how small it is is not unpacked further', async () => {
    const bomb = zipFile(
      pickledDict([['w', pickledTensor({ key: '0', dims: [1] })]]),
      { 0: new Uint8Array(4_000_000) },
      { compress: true },
    );
    const honest = await messageOf(bomb);
    expect(honest).toMatch(/unpacks to 4\d+: no network does that/);
    const size = Buffer.from(bomb).indexOf(Buffer.from(directory));
    const lying = bomb.slice();
    for (let at = size; at >= 0; at = Buffer.from(bomb).indexOf(Buffer.from(directory), at + 1)) {
      const view = new DataView(lying.buffer);
      if (view.getUint32(at + 24, true) === 4_000_000) view.setUint32(at + 24, 4, true);
    }
    expect(await messageOf(lying)).toMatch(/damaged/);
  });
});

/** A zip file of something else. */
function withoutPickle(): Uint8Array {
  const file = Buffer.from(zipPth(state));
  for (let at = file.indexOf('data.pkl'); at >= 0; at = file.indexOf('data.pkl', at)) file.write('data.txt', at);
  return file;
}

describe('a damaged legacy file is refused:', () => {
  const file = legacyPth(state);
  const key = file.length - 8 - 8 - 24 - 8;
  it.each<[string, Uint8Array, RegExp]>([
    [
      'cut off in its numbers',
      file.subarray(0, file.length - 3),
      /ends at byte \d+, where more must follow: it is truncated/,
    ],
    ['cut off in its pickles', file.subarray(0, 100), /truncated/],
    [
      'with a storage of another length',
      ((copy) => {
        copy[key] = 9;
        return copy;
      })(file.slice()),
      /storage "0" is not as long as its tensors say/,
    ],
    [
      'of another protocol',
      ((copy) => {
        copy[18] = 0;
        return copy;
      })(file.slice()),
      /protocol/,
    ],
  ])('%s', async (_, changed, message) => {
    expect(await messageOf(changed)).toMatch(message);
  });
});

describe('a damaged safetensors file is refused:', () => {
  const entry = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
    dtype: 'F32',
    shape,
    data_offsets: [begin, end],
  });
  const data = floatBytes(values);
  const length = (bytes: number[]) => Uint8Array.from([...bytes, ...new TextEncoder().encode('{}')]);
  it.each<[string, Uint8Array, RegExp]>([
    [
      'with offsets outside',
      safetensorsFile({ w: entry(0, 400) }, data),
      /"w" lies outside the file, at bytes 0 to 400 of 24/,
    ],
    ['cut off', safetensors(state).subarray(0, -4), /lies outside the file/],
    [
      'with a hole',
      safetensorsFile({ a: entry(0, 8), b: entry(12, 24) }, data),
      /"b" does not begin where the one before it ends/,
    ],
    ['with an overlap', safetensorsFile({ a: entry(0, 16), b: entry(8, 24) }, data), /"b" does not begin/],
    ['with bytes left over', safetensorsFile({ a: entry(0, 8) }, data), /its tensors end at byte 8 of 24/],
    [
      'with an end before the start',
      safetensorsFile({ a: entry(24, 0, [6]) }, data),
      /"a" has -24 bytes, but its shape needs 24/,
    ],
    [
      'with another shape',
      safetensorsFile({ a: entry(0, 24, [7]) }, data),
      /"a" has 24 bytes, but its shape needs 28/,
    ],
    [
      'with whole numbers',
      safetensorsFile({ a: { ...entry(0, 24), dtype: 'I32' } }, data),
      /"a" is of type "I32": only F32, F16, BF16, F64/,
    ],
    ['with negative sizes', safetensorsFile({ a: entry(0, 24, [-1, -6]) }, data), /does not describe tensor "a"/],
    [
      'with an unknown field',
      safetensorsFile({ a: { ...entry(0, 24), offset: 0 } }, data),
      /does not describe tensor "a"/,
    ],
    ['with a header that is no JSON', safetensorsFile('{"a": ', data), /no JSON object/],
    ['with a header beyond its end', length([0xff, 0, 0, 0, 0, 0, 0, 0]), /truncated/],
    ['with an enormous header', length([0, 0, 0, 0xff, 0, 0, 0, 0]), /header has \d+ bytes, which no network needs/],
    ['with a header beyond all numbers', length([0, 0, 0, 0, 0, 0, 0, 0xff]), /size that no file has/],
  ])('%s', async (_, file, message) => {
    expect(await messageOf(file)).toMatch(message);
  });
});
