import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { columns, fitted } from '../../src/cli/columns.js';
import { LineView } from '../../src/cli/lineView.js';

it('columns stand below each other where names are Chinese, too', () => {
  expect(
    columns(
      [
        ['done', '电影.mp4', '25 frames'],
        ['failed', 'a.mkv', '7 frames'],
      ],
      [2],
    ),
  ).toEqual(['done    电影.mp4  25 frames', 'failed  a.mkv      7 frames']);
});

it('a line that is rewritten never fills a row of the terminal, or it could not be rewritten', () => {
  const out = Object.assign(new PassThrough(), { isTTY: true, columns: 10 });
  class View extends LineView {
    say(text: string): void {
      this.show(text, 0);
    }
  }
  new View(out as unknown as NodeJS.WriteStream).say('电影电影电影.mp4');
  expect(String(out.read())).toBe('\r\x1b[K电影电影');
});

const cell = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '1', '.'), maxLength: 12 });
const rows = fc
  .integer({ min: 1, max: 5 })
  .chain((cells) => fc.array(fc.array(cell, { minLength: cells, maxLength: cells }), { minLength: 1, maxLength: 6 }));

it('every cell lies within its column, at the side that was asked for', () => {
  fc.assert(
    fc.property(rows, fc.uniqueArray(fc.nat({ max: 4 })), (table, toRight) => {
      const widths = (table[0] ?? []).map((_, i) => Math.max(...table.map((row) => row[i]?.length ?? 0)));
      for (const [r, line] of columns(table, toRight).entries()) {
        let at = 0;
        for (const [i, width] of widths.entries()) {
          const text = table[r]?.[i] ?? '';
          const expected = toRight.includes(i) ? text.padStart(width) : text.padEnd(width);
          expect(line.padEnd(at + width).slice(at, at + width)).toBe(expected);
          at += width + 2;
        }
      }
    }),
    { numRuns: 200 },
  );
});

it('of a text as much is shown as fits', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', '影'), { maxLength: 20 }),
      fc.integer({ min: 0, max: 30 }),
      (text, limit) => {
        const wide = (part: readonly string[]): number => part.reduce((sum, c) => sum + (c === 'a' ? 1 : 2), 0);
        const shown = [...fitted(text.join(''), limit)];
        expect(shown).toEqual(text.slice(0, shown.length));
        expect(wide(shown)).toBeLessThanOrEqual(limit);
        if (shown.length < text.length) expect(wide(text.slice(0, shown.length + 1))).toBeGreaterThan(limit);
      },
    ),
    { numRuns: 200 },
  );
});
