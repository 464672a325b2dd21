import { expect, it } from 'vitest';
import { halfToFloat, toHalf } from '../../src/models/onnx/half.js';

const every = Uint16Array.from({ length: 65536 }, (_, i) => i);
const isNaNHalf = (bits: number): boolean => (bits & 0x7c00) === 0x7c00 && (bits & 0x3ff) !== 0;

it('every half that is a number comes back from float32 with the same bits', () => {
  const numbers = every.filter((bits) => !isNaNHalf(bits));
  const { halves, clipped } = toHalf(Array.from(numbers, halfToFloat));
  expect(Buffer.compare(Buffer.from(halves.buffer), Buffer.from(numbers.buffer))).toBe(0);
  expect(clipped).toBe(0);
});

it('what lies in the middle of two halves goes to the even one, anything else to the nearer', () => {
  // Neighbours of one sign, down to the smallest ones; the last is 65504.
  const lower = every.subarray(0, 0x7bff);
  const value = (bits: number): number => halfToFloat(bits);
  const middle = (bits: number): number => (value(bits) + value(bits + 1)) / 2;
  const even = (bits: number): number => bits + (bits & 1);
  const off = (bits: number): number => (value(bits + 1) - value(bits)) / 1024;
  expect([...toHalf(Array.from(lower, middle)).halves]).toEqual(Array.from(lower, even));
  expect([...toHalf(Array.from(lower, (bits) => middle(bits) - off(bits))).halves]).toEqual([...lower]);
  expect([...toHalf(Array.from(lower, (bits) => -middle(bits) - off(bits))).halves]).toEqual(
    Array.from(lower, (bits) => 0x8000 | (bits + 1)),
  );
});

it('finite numbers that are too large become the largest ones, and are counted', () => {
  const { halves, clipped } = toHalf([65504, 65519, 65520, -1e30, Infinity, -Infinity]);
  expect(Array.from(halves, halfToFloat)).toEqual([65504, 65504, 65504, -65504, Infinity, -Infinity]);
  expect(clipped).toBe(2);
  expect(Array.from(toHalf([NaN]).halves, halfToFloat)).toEqual([NaN]);
});
