import { z } from 'zod';
import { UserError } from '../../lib/errors.js';
import { quote } from '../../lib/quote.js';
import { ByteReader } from './bytes.js';
import { bfloat16, type Element, float16, float32, float64 } from './elements.js';
import type { TensorView } from './pickleValues.js';
import type { StateDict } from './stateDict.js';
import { readTensors } from './tensors.js';

const ELEMENTS = new Map<string, Element>([
  ['F32', float32],
  ['F16', float16],
  ['BF16', bfloat16],
  ['F64', float64],
]);

/** The largest state dicts of super-resolution networks take 100 kB. */
const MOST_HEADER_BYTES = 10e6;
const MOST_DIMENSIONS = 8;

const count = z.int().nonnegative();
const entrySchema = z.strictObject({
  dtype: z.string(),
  shape: z.array(count).max(MOST_DIMENSIONS),
  data_offsets: z.tuple([count, count]),
});
const headerSchema = z.record(z.string(), z.unknown());

const LENGTH_BYTES = 8;
export const isSafetensors = (bytes: Uint8Array): boolean => bytes[LENGTH_BYTES] === 0x7b; // {

/**
 * Reads a safetensors file: the header's length (64 bits, little-endian), the header (JSON: type, shape and place of
 * every tensor), the numbers. As the format demands, the tensors fill the rest of the file, without holes and without
 * overlap. https://github.com/huggingface/safetensors
 * @throws UserError, as a sentence about the file.
 */
export function readSafetensors(bytes: Uint8Array): StateDict {
  const reader = new ByteReader(bytes, 'it');
  const headerBytes = reader.u64();
  if (headerBytes > MOST_HEADER_BYTES)
    throw new UserError(`its header has ${headerBytes} bytes, which no network needs: it is damaged`);
  const header = parseHeader(reader.text(headerBytes));
  const data = bytes.subarray(reader.offset);
  const places = new Map<string, [number, number]>();
  const views = new Map<string, TensorView>();
  for (const [name, entry] of header) {
    if (name === '__metadata__') continue;
    const parsed = entrySchema.safeParse(entry);
    if (!parsed.success)
      throw new UserError(`its header does not describe tensor ${quote(name)} as the format demands: it is damaged`);
    places.set(name, parsed.data.data_offsets);
    views.set(name, viewOf(name, parsed.data));
  }
  checkPlaces(places, data.length);
  return readTensors(views, (name) => data.subarray(...(places.get(name) as [number, number])));
}

function parseHeader(text: string): Map<string, unknown> {
  try {
    return new Map(Object.entries(headerSchema.parse(JSON.parse(text))));
  } catch {
    throw new UserError('its header is no JSON object: it is damaged, or no safetensors file');
  }
}

/** A tensor here is the whole of a storage of its own, which has its name. */
function viewOf(name: string, { dtype, shape, data_offsets: [begin, end] }: z.infer<typeof entrySchema>): TensorView {
  const element = ELEMENTS.get(dtype);
  if (!element)
    throw new UserError(
      `tensor ${quote(name)} is of type ${quote(dtype)}: only ${[...ELEMENTS.keys()].join(', ')} are supported`,
    );
  const numbers = shape.reduce((product, size) => product * size, 1);
  if (numbers * element.bytes !== end - begin)
    throw new UserError(
      `tensor ${quote(name)} has ${end - begin} bytes, but its shape needs ${numbers * element.bytes}`,
    );
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((product, size) => product * size, 1));
  return {
    kind: 'tensor',
    storage: { kind: 'storage', key: name, element, count: numbers },
    offset: 0,
    dims: shape,
    strides,
  };
}

function checkPlaces(places: ReadonlyMap<string, [number, number]>, length: number): void {
  let filled = 0;
  for (const [name, [begin, end]] of [...places].sort(([, a], [, b]) => a[0] - b[0] || a[1] - b[1])) {
    if (end > length)
      throw new UserError(
        `tensor ${quote(name)} lies outside the file, at bytes ${begin} to ${end} of ${length}: ` +
          'it is truncated or damaged',
      );
    if (begin !== filled)
      throw new UserError(`tensor ${quote(name)} does not begin where the one before it ends: the file is damaged`);
    filled = end;
  }
  if (filled !== length) throw new UserError(`its tensors end at byte ${filled} of ${length}: it is damaged`);
}
