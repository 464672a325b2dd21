import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { framesIn, gapsIn, missingRanges, type Span } from '../../src/job/gaps.js';
import { commitPart, fileDigest } from '../../src/job/parts.js';
import { scratchFolder } from '../support/media.js';

const span = (start: number, end: number) => ({ start, end });

describe('what of some ranges is in no part', () => {
  it.each([
    ['all, in one go, where there are no parts', [span(0, 250), span(250, 400)], [], [span(0, 400)]],
    [
      'nothing where parts of any lengths lie behind each other',
      [span(0, 250), span(250, 400)],
      [span(0, 180), span(180, 400)],
      [],
    ],
    [
      'what lies between parts and behind the last',
      [span(0, 400)],
      [span(0, 100), span(150, 200)],
      [span(100, 150), span(200, 400)],
    ],
    ['only what is within the ranges', [span(250, 300)], [span(0, 100), span(260, 350)], [span(250, 260)]],
  ])('is %s', (_, ranges, parts, gaps) => {
    expect(gapsIn(ranges, parts)).toEqual(gaps);
  });

  /** Spans of frames in order and without overlap, some behind each other. */
  const spans = fc.uniqueArray(fc.nat({ max: 400 }), { maxLength: 12 }).chain((cuts) =>
    fc.array(fc.boolean(), { minLength: cuts.length, maxLength: cuts.length }).map((taken) =>
      cuts
        .sort((a, b) => a - b)
        .slice(1)
        .map((end, i) => span(cuts[i] as number, end))
        .filter((_, i) => taken[i]),
    ),
  );
  const framesOf = (of: readonly Span[]): Set<number> =>
    new Set(of.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, i) => start + i)));

  it('are the frames of the ranges without those of the parts, in order, each once', () => {
    fc.assert(
      fc.property(spans, spans, (ranges, parts) => {
        const gaps = gapsIn(ranges, parts);
        const inParts = framesOf(parts);
        const expected = [...framesOf(ranges)].filter((frame) => !inParts.has(frame));
        expect([...framesOf(gaps)]).toEqual(expected);
        expect(framesIn(gaps)).toBe(expected.length);
        // What lies behind each other is one gap.
        for (const [i, gap] of gaps.entries()) expect(gap.start).toBeGreaterThan(gaps[i - 1]?.end ?? -1);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the encoded parts that are missing in a segment', () => {
  it('are those of its grid, whatever lies behind them, and a part beside the grid is no part of it', async () => {
    const folder = path.join(scratchFolder(), 'seg');
    mkdirSync(folder);
    for (const [start, end] of [
      [100, 350],
      [600, 800],
      [850, 1000],
    ] as const) {
      const file = path.join(folder, `${start}.mp4`);
      writeFileSync(file, 'x');
      await commitPart(folder, {
        start,
        end,
        file: path.basename(file),
        bytes: 1,
        sha256: await fileDigest(file),
        tools: {},
      });
    }
    expect(await missingRanges(folder, { startFrame: 100, frames: 900 }, 250)).toEqual([
      span(350, 600),
      span(600, 850),
    ]);
  });
});
