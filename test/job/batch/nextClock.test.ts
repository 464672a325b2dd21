import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nextClock } from '../../../src/job/batch/nextClock.js';

const at = (from: string, clock: string, zone = 'Europe/Berlin'): string =>
  new Date(nextClock(Date.parse(from), clock, zone)).toISOString();

it('a window ends at the next such time of the zone, also across a change of its clocks', () => {
  expect(at('2026-07-01T23:00:00Z', '07:00')).toBe('2026-07-02T05:00:00.000Z');
  expect(at('2026-07-02T05:00:00Z', '07:00')).toBe('2026-07-03T05:00:00.000Z');
  expect(at('2026-03-28T23:30:00Z', '07:00'), 'clocks go forward').toBe('2026-03-29T05:00:00.000Z');
  expect(at('2026-10-24T22:30:00Z', '07:00'), 'clocks go back').toBe('2026-10-25T06:00:00.000Z');
});

it('a time that the clocks leave out comes as much later', () => {
  expect(at('2026-03-28T23:30:00Z', '02:30')).toBe('2026-03-29T01:30:00.000Z');
});

it('a time that the clocks show twice counts both times', () => {
  expect(at('2026-10-24T22:30:00Z', '02:30')).toBe('2026-10-25T00:30:00.000Z');
  expect(at('2026-10-25T00:30:00Z', '02:30')).toBe('2026-10-25T01:30:00.000Z');
  expect(at('2026-10-25T01:30:00Z', '02:30')).toBe('2026-10-26T01:30:00.000Z');
  // Of the two, an older version took the second.
  expect(at('2026-02-15T01:32:41Z', '02:41', 'Africa/Casablanca')).toBe('2026-02-15T01:41:00.000Z');
});

const MINUTE = 60_000;
/** Nights in which clocks go forward or back: by an hour, by half of one, by a day; and one in which they do not. */
const NIGHTS = [
  ['Europe/Berlin', '2026-03-29T00:00Z'],
  ['Europe/Berlin', '2026-10-24T23:00Z'],
  ['America/New_York', '2026-03-08T06:00Z'],
  ['America/New_York', '2026-11-01T05:00Z'],
  ['Australia/Lord_Howe', '2026-04-04T14:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T14:30Z'],
  ['Pacific/Apia', '2011-12-30T09:00Z'],
  ['Asia/Kathmandu', '2026-07-01T20:00Z'],
] as const;
const formats = new Map(
  NIGHTS.map(([timeZone]) => [
    timeZone,
    new Intl.DateTimeFormat('en-GB', { timeZone, hourCycle: 'h23', hour: '2-digit', minute: '2-digit' }),
  ]),
);

const nights = fc.constantFrom(...NIGHTS).map(([zone, day]) => ({
  begin: Date.parse(day),
  zone,
  shown: (moment: number): string => formats.get(zone)?.format(moment) ?? '',
}));

it('the clocks show the time then, and did not since', () => {
  fc.assert(
    fc.property(nights, fc.nat({ max: 240 }), fc.nat({ max: 360 }), ({ begin, zone, shown }, elapsed, ahead) => {
      const from = begin + elapsed * MINUTE;
      const clock = shown(from + ahead * MINUTE);
      const next = nextClock(from, clock, zone);
      expect(shown(next)).toBe(clock);
      expect(next).toBeGreaterThan(from);
      for (let minute = from + MINUTE; minute < next; minute += MINUTE) expect(shown(minute)).not.toBe(clock);
    }),
    { numRuns: 100 },
  );
});
