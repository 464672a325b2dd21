import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTime, parseTime } from '../../../src/client/job/timeText.js';

describe('a time', () => {
  it.each([
    ['0', 0],
    ['83.5', 83.5],
    ['1:23.5', 83.5],
    ['01:02:03.250', 3723.25],
    ['90:00', 5400],
    ['0:00:07', 7],
    [' 5. ', 5],
  ])('is read: %s', (text, seconds) => {
    expect(parseTime(text)).toBe(seconds);
  });

  it.each(['', 'now', '-1', '1:60', '1:60:00', '1:2:3:4', '1e3', '0x10', '1,5', ':5'])('is none: %j', (text) => {
    expect(parseTime(text)).toBeUndefined();
  });

  it.each([
    [0, '0:00.000'],
    [83.5, '1:23.500'],
    [59.9996, '1:00.000'],
    [7265.0401, '2:01:05.040'],
  ])('is written: %d', (seconds, text) => {
    expect(formatTime(seconds)).toBe(text);
  });

  it('is read again as it was written, to the millisecond', () => {
    fc.assert(
      fc.property(fc.nat({ max: 400 * 3_600_000 }), (ms) => {
        expect(Math.round(1000 * (parseTime(formatTime(ms / 1000)) ?? NaN))).toBe(ms);
      }),
      { numRuns: 200 },
    );
  });
});
