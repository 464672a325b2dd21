/** The largest finite number of IEEE 754 half precision. */
const LARGEST = 65504;
/** From here on rounding would give infinity. */
const OVERFLOW = 65520;

const float = new Float32Array(1);
const floatBits = new Uint32Array(float.buffer);

/**
 * Rounds to half precision, half to even. Finite numbers that are too large become the largest ones.
 * @returns the 16 bits of each number, and how many were too large.
 */
export function toHalf(values: ArrayLike<number>): { halves: Uint16Array; clipped: number } {
  const halves = new Uint16Array(values.length);
  let clipped = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    const size = Math.abs(value);
    const tooLarge = size >= OVERFLOW && size < Infinity;
    if (tooLarge) clipped++;
    halves[i] = halfBits(tooLarge ? Math.sign(value) * LARGEST : value);
  }
  return { halves, clipped };
}

/** Takes no finite number of 65520 or more. */
function halfBits(value: number): number {
  float[0] = value;
  const single = floatBits[0] as number;
  const sign = (single >>> 16) & 0x8000;
  const exponent = (single >>> 23) & 0xff;
  const mantissa = single & 0x7fffff;
  if (exponent === 0xff) return sign | 0x7c00 | (mantissa === 0 ? 0 : 0x200);
  // Below half of the smallest number there is, 2^-24.
  if (exponent < 102) return sign;
  // Numbers below 2^-14 lose further bits; their leading 1 is written out.
  const lost = exponent < 113 ? 126 - exponent : 13;
  const whole = exponent < 113 ? mantissa | 0x800000 : ((exponent - 112) << 23) | mantissa;
  const kept = whole >>> lost;
  const rest = whole & ((1 << lost) - 1);
  const middle = 1 << (lost - 1);
  // A carry out of the mantissa rightly goes into the exponent.
  return sign | (kept + (rest > middle || (rest === middle && (kept & 1) === 1) ? 1 : 0));
}

/** @param bits of an IEEE 754 half. */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
