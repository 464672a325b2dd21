import { UserError } from '../../lib/errors.js';
import { quote } from '../../lib/quote.js';
import { type Dict, isKind, type TensorView, type Value } from './pickleValues.js';
import type { StateDict, StateTensor } from './stateDict.js';

/**
 * What training checkpoints and Real-ESRGAN's files wrap a state dict in; the averaged weights are the ones to use.
 */
const WRAPPERS = ['params_ema', 'params', 'state_dict'];

/** @returns the dict of tensors in what a pickle holds. @throws UserError when there is none. */
export function findStateDict(value: Value): Map<string, TensorView> {
  const outer = asDict(value);
  const inner = WRAPPERS.map((name) => asDict(outer?.items.get(name))).find((found) => found !== undefined) ?? outer;
  if (!inner || inner.items.size === 0)
    throw new UserError('it holds no state dict: save the network with torch.save(net.state_dict(), file)');
  const views = new Map<string, TensorView>();
  for (const [name, item] of inner.items) {
    if (typeof name !== 'string' || !isKind(item, 'tensor'))
      throw new UserError(`it holds ${quote(String(name))}, which is no tensor, where a state dict was expected`);
    views.set(name, item);
  }
  return views;
}

const asDict = (value: Value | undefined): Dict | undefined => (isKind(value, 'dict') ? value : undefined);

/**
 * Reads the tensors that views describe.
 * @param content gives the bytes of the storage that has a key.
 * @throws UserError when a view reaches beyond its storage, has no floating-point numbers, or when together they
 *   read more numbers than the storages hold (which bounds the memory by the file's length).
 */
export function readTensors(
  views: ReadonlyMap<string, TensorView>,
  content: (key: string) => Uint8Array | undefined,
): StateDict {
  const left = new Map<string, number>();
  const state = new Map<string, StateTensor>();
  for (const [name, view] of views) {
    const { storage } = view;
    const count = countOf(name, view);
    const unread = (left.get(storage.key) ?? storage.count) - count;
    if (unread < 0) throw new UserError(`tensor ${quote(name)} takes more numbers than its storage holds`);
    left.set(storage.key, unread);
    const bytes = content(storage.key);
    if (!bytes)
      throw new UserError(`it lacks the storage ${quote(storage.key)} of tensor ${quote(name)}: it is damaged`);
    state.set(name, { dims: view.dims, values: readView(name, view, count, bytes) });
  }
  return state;
}

/** Checks the view against its storage. */
function countOf(name: string, { storage, offset, dims, strides }: TensorView): number {
  if (dims.length !== strides.length)
    throw new UserError(`tensor ${quote(name)} has ${dims.length} dimensions and ${strides.length} strides`);
  const count = dims.reduce((product, size) => product * size, 1);
  const last = dims.reduce((at, size, i) => at + (size - 1) * (strides[i] as number), offset);
  if (count > 0 && last >= storage.count)
    throw new UserError(`tensor ${quote(name)} reaches beyond its storage of ${storage.count} numbers`);
  return count;
}

function readView(
  name: string,
  { storage, offset, dims, strides }: TensorView,
  count: number,
  bytes: Uint8Array,
): Float32Array {
  const { element } = storage;
  if (!element.read)
    throw new UserError(
      `tensor ${quote(name)} is of type ${element.name}: only float32, float16, bfloat16 and float64 are supported`,
    );
  if (bytes.length < storage.count * element.bytes)
    throw new UserError(
      `the storage of tensor ${quote(name)} has ${bytes.length} bytes ` +
        `instead of ${storage.count * element.bytes}: the file is damaged`,
    );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(count);
  const index = dims.map(() => 0);
  let at = offset;
  for (let i = 0; i < count; i++) {
    values[i] = element.read(view, at * element.bytes);
    // Steps to the next index: the last dimension first, and back to its start when it is through.
    for (let d = dims.length - 1; d >= 0; d--) {
      const stride = strides[d] as number;
      at += stride;
      if (++(index[d] as number) < (dims[d] as number)) break;
      at -= stride * (dims[d] as number);
      index[d] = 0;
    }
  }
  return values;
}
