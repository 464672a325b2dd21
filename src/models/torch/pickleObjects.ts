import { UserError } from '../../lib/errors.js';
import { quote } from '../../lib/quote.js';
import { bfloat16, type Element, float16, float32, float64 } from './elements.js';
import { dict, isKind, type Storage, type TensorView, type Value } from './pickleValues.js';

/** Types of torch.*Storage. Those without a way to read them occur beside weights, as counters. */
const STORAGES = new Map<string, Element>([
  ['torch.FloatStorage', float32],
  ['torch.DoubleStorage', float64],
  ['torch.HalfStorage', float16],
  ['torch.BFloat16Storage', bfloat16],
  ['torch.LongStorage', { name: 'int64', bytes: 8 }],
  ['torch.IntStorage', { name: 'int32', bytes: 4 }],
  ['torch.ShortStorage', { name: 'int16', bytes: 2 }],
  ['torch.CharStorage', { name: 'int8', bytes: 1 }],
  ['torch.ByteStorage', { name: 'uint8', bytes: 1 }],
  ['torch.BoolStorage', { name: 'bool', bytes: 1 }],
]);

/** A convolution's weights have 4. */
const MOST_DIMENSIONS = 8;

/** What a state dict's pickle may call, each done by us: their Python code is never looked for. */
const CALLS = new Map<string, (args: Value[]) => Value>([
  ['collections.OrderedDict', orderedDict],
  ['torch._utils._rebuild_tensor', rebuildTensor],
  ['torch._utils._rebuild_tensor_v2', rebuildTensor],
  ['torch._utils._rebuild_parameter', rebuildParameter],
]);

export const isKnownGlobal = (name: string): boolean => STORAGES.has(name) || CALLS.has(name);

/** @throws UserError for anything but the calls above with arguments that they take. */
export function call(callee: Value, args: Value): Value {
  const perform = isKind(callee, 'global') ? CALLS.get(callee.name) : undefined;
  if (!perform || !Array.isArray(args))
    throw new UserError('its pickle calls something that is no function, and only tensors are read from it');
  return perform(args);
}

/** Its items are set afterwards. */
function orderedDict(args: Value[]): Value {
  if (args.length > 0) throw broken('an OrderedDict');
  return dict();
}

/** (storage, offset, size, stride, requires_grad, backward_hooks, …); the rest concerns training. */
function rebuildTensor([storage, offset, dims, strides]: Value[]): TensorView {
  if (!isKind(storage, 'storage') || !isCount(offset) || !areCounts(dims) || !areCounts(strides))
    throw broken('a tensor');
  return { kind: 'tensor', storage, offset, dims, strides };
}

/** (tensor, requires_grad, backward_hooks). */
function rebuildParameter([tensor]: Value[]): TensorView {
  if (!isKind(tensor, 'tensor')) throw broken('a parameter');
  return tensor;
}

/** ('storage', type, key, device, count); old files add a view of it, which is the whole of it in every file met. */
export function storageOf(id: Value): Storage {
  const [tag, type, key, , count, view = null] = Array.isArray(id) ? id : [];
  if (tag !== 'storage' || !isKind(type, 'global') || typeof key !== 'string' || !isCount(count) || view !== null)
    throw broken('a storage');
  const element = STORAGES.get(type.name);
  if (!element) throw new UserError(`its pickle stores numbers as ${quote(type.name)}, which is not supported`);
  return { kind: 'storage', key, element, count };
}

const isCount = (value: Value | undefined): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
/** One number for each dimension. */
const areCounts = (value: Value | undefined): value is number[] =>
  Array.isArray(value) && value.length <= MOST_DIMENSIONS && value.every(isCount);
const broken = (what: string): UserError =>
  new UserError(`its pickle describes ${what} in a way that PyTorch never does: it is damaged`);
