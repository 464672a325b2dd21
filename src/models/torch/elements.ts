import { halfToFloat } from '../onnx/half.js';

/** How the numbers of a tensor are stored, little-endian. */
export interface Element {
  name: string;
  bytes: number;
  /** Absent for types that are no weights: they are understood, so that they can be skipped, and never converted. */
  read?: (view: DataView, at: number) => number;
}

const bfloat = new DataView(new ArrayBuffer(4));

/** A bfloat16 is the upper half of a float32. */
function bfloatToFloat(bits: number): number {
  bfloat.setUint32(0, bits << 16);
  return bfloat.getFloat32(0);
}

export const float32: Element = { name: 'float32', bytes: 4, read: (view, at) => view.getFloat32(at, true) };
export const float64: Element = { name: 'float64', bytes: 8, read: (view, at) => view.getFloat64(at, true) };
export const float16: Element = {
  name: 'float16',
  bytes: 2,
  read: (view, at) => halfToFloat(view.getUint16(at, true)),
};
export const bfloat16: Element = {
  name: 'bfloat16',
  bytes: 2,
  read: (view, at) => bfloatToFloat(view.getUint16(at, true)),
};
