import { z } from 'zod';

/** A fraction of two integers, such as a timebase (1/90000 s a tick) or a frame rate (24000/1001 frames a second). */
export const rationalSchema = z.object({ num: z.number().int(), den: z.number().int() });
export type Rational = z.infer<typeof rationalSchema>;

/**
 * Parses ffprobe's `24000/1001` and `64:45`; undefined for 0/0, 0:1, N/A and anything else without a positive value.
 */
export function parseRational(text: string | undefined): Rational | undefined {
  const match = /^(\d+)[/:](\d+)$/.exec(text ?? '');
  if (!match) return undefined;
  const num = Number(match[1]);
  const den = Number(match[2]);
  return num > 0 && den > 0 ? { num, den } : undefined;
}

export const toNumber = (r: Rational): number => r.num / r.den;

/** Streams hold the shape of a pixel in two numbers of 16 bits. */
const MOST = 65_535;

/**
 * A positive fraction in its lowest terms; where these are larger than 16 bits, one that is not, and that is nearer
 * than any of smaller terms.
 */
export function reduced(num: number, den: number): Rational {
  // Convergents of the continued fraction, of which the last one is the fraction itself.
  let [before, last]: [Rational, Rational] = [
    { num: 0, den: 1 },
    { num: 1, den: 0 },
  ];
  for (let [a, b] = [num, den]; b > 0; [a, b] = [b, a % b]) {
    const whole = Math.floor(a / b);
    const next = { num: whole * last.num + before.num, den: whole * last.den + before.den };
    if (next.num > MOST || next.den > MOST) break;
    [before, last] = [last, next];
  }
  return last;
}
