import { z } from 'zod';

/** A fraction of two integers, such as a timebase (1/90000 s a tick) or a frame rate (24000/1001 frames a second). */
export const rationalSchema = z.object({ num: z.number().int(), den: z.number().int() });
export type Rational = z.infer<typeof rationalSchema>;

/** Parses ffprobe's `24000/1001` and `64:45`; undefined for 0/0, 0:1, N/A and anything else without a positive value. */
export function parseRational(text: string | undefined): Rational | undefined {
  const match = /^(\d+)[/:](\d+)$/.exec(text ?? '');
  if (!match) return undefined;
  const num = Number(match[1]);
  const den = Number(match[2]);
  return num > 0 && den > 0 ? { num, den } : undefined;
}

export const toNumber = (r: Rational): number => r.num / r.den;
