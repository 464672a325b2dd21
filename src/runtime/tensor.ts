import type { Runtime } from './runtime.js';
import type { Pointer } from './table.js';

/** Numbers of ONNXTensorElementDataType, and bytes of an element. */
const ELEMENTS = {
  float32: { number: 1, bytes: 4 },
  uint8: { number: 2, bytes: 1 },
  uint16: { number: 4, bytes: 2 },
  float16: { number: 10, bytes: 2 },
} as const;
type ElementType = keyof typeof ELEMENTS;

/**
 * Elements in a buffer that somebody else holds. While a run is under way the buffer is neither transferred to a
 * thread nor resized.
 */
export interface Tensor {
  type: ElementType;
  /** All at least 1; `[]` for a scalar. */
  dims: readonly number[];
  data: ArrayBufferView;
}

/** What a session takes or gives. */
export interface ValueDescription {
  name: string;
  /** Undefined for types that are not used here. */
  type: ElementType | undefined;
  /** Undefined where a size is free. */
  dims: readonly (number | undefined)[];
}

/**
 * Makes an OrtValue over a tensor's buffer, in memory of the processor unless told otherwise. Who has it holds on to
 * the tensor, and releases it. @throws RangeError when the buffer has not exactly as many bytes as the sizes say; one
 * that was transferred has none.
 */
export function valueOver(
  { checked, cpuMemory }: Runtime,
  { type, dims, data }: Tensor,
  memory: Pointer = cpuMemory,
): Pointer {
  const { number, bytes } = ELEMENTS[type];
  const wanted = dims.reduce((product, size) => product * size, bytes);
  if (wanted !== data.byteLength)
    throw new RangeError(`${type} ${dims.join('x') || 'scalar'} has ${wanted} bytes, not ${data.byteLength}`);
  return checked.CreateTensorWithDataAsOrtValue(memory, data, wanted, dims, dims.length, number);
}

/** @param info an OrtTypeInfo; it is released. */
export function describe({ checked, plain }: Runtime, name: string, info: Pointer): ValueDescription {
  try {
    // It lies in the type info.
    const shape = checked.CastTypeInfoToTensorInfo(info) as Pointer | null;
    // A sequence, say.
    if (shape === null) return { name, type: undefined, dims: [] };
    const number = checked.GetTensorElementType(shape);
    const sizes = new BigInt64Array(checked.GetDimensionsCount(shape));
    if (sizes.length > 0) checked.GetDimensions(shape, sizes, sizes.length);
    return {
      name,
      type: (Object.keys(ELEMENTS) as ElementType[]).find((type) => ELEMENTS[type].number === number),
      dims: Array.from(sizes, (size) => (size < 0n ? undefined : Number(size))),
    };
  } finally {
    plain.ReleaseTypeInfo(info);
  }
}
