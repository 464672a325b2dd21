import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRational, reduced, toNumber } from '../../src/lib/rational.js';

const positive = fc.integer({ min: 1, max: 2 ** 31 });
const short = fc.integer({ min: 1, max: 65_535 });
const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

describe('a fraction', () => {
  it('is read as it was written, with either sign between', () => {
    fc.assert(
      fc.property(positive, positive, fc.constantFrom('/', ':'), (num, den, sign) => {
        expect(parseRational(`${num}${sign}${den}`)).toEqual({ num, den });
      }),
      { numRuns: 200 },
    );
  });

  it('is none without a positive value, or of anything else', () => {
    for (const text of ['0/0', '0:1', '1/0', 'N/A', '', '-1/2', '1/2/3', '1.5/2', undefined])
      expect(parseRational(text)).toBeUndefined();
    fc.assert(
      fc.property(fc.string(), (text) => {
        fc.pre(!/^\d+[/:]\d+$/.test(text));
        expect(parseRational(text)).toBeUndefined();
      }),
      { numRuns: 200 },
    );
  });

  it('in its lowest terms has the same value, however it was extended', () => {
    fc.assert(
      fc.property(short, short, fc.integer({ min: 1, max: 10_000 }), (num, den, factor) => {
        const divisor = gcd(num, den);
        expect(reduced(num * factor, den * factor)).toEqual({ num: num / divisor, den: den / divisor });
      }),
      { numRuns: 200 },
    );
  });

  it('of large terms is near, and no fraction of smaller terms is nearer', () => {
    fc.assert(
      fc.property(positive, positive, short, (num, den, other) => {
        const value = num / den;
        fc.pre(value > 1 / 65_535 && value < 65_535);
        const result = reduced(num, den);
        expect(Math.max(result.num, result.den)).toBeLessThanOrEqual(65_535);
        expect(Math.min(result.num, result.den)).toBeGreaterThan(0);
        expect(gcd(result.num, result.den)).toBe(1);
        const error = Math.abs(toNumber(result) - value);
        const smaller = 1 + (other % result.den);
        const nearest = Math.round(value * smaller) / smaller;
        expect(error).toBeLessThanOrEqual(Math.abs(nearest - value) + value * 1e-12);
      }),
      { numRuns: 200 },
    );
  });
});
