import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { framesIn, gapsIn, missingRanges } from '../../src/job/gaps.js';
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

  it('together with the parts is every frame once, for any parts', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const cuts = [...new Set(Array.from({ length: 12 }, (__, i) => (seed * 7919 * (i + 1)) % 400))].sort(
        (a, b) => a - b,
      );
      const parts = cuts
        .slice(1)
        .map((end, i) => span(cuts[i] as number, end))
        .filter((__, i) => (seed >> (i % 8)) & 1);
      const whole = [...parts, ...gapsIn([span(0, 400)], parts)].sort((a, b) => a.start - b.start);
      expect(
        whole.map(({ start }) => start),
        String(seed),
      ).toEqual([0, ...whole.slice(0, -1).map(({ end }) => end)]);
      expect(framesIn(whole)).toBe(400);
    }
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
