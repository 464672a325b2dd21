import { appendFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { correctionOf, noteOutcome, type Outcome, outcomesOf } from '../../src/job/estimateRecords.js';
import { noteWork, readWork, workedSeconds } from '../../src/job/workLog.js';
import { scratchFolder } from '../support/media.js';

const outcome = (n: number, change: Partial<Outcome> = {}): Outcome => ({
  at: '2026-11-25T00:00:00Z',
  job: `job${n}`,
  key: 'k',
  frames: 100,
  pixels: 1000,
  seconds: 20,
  bytes: 3000,
  raw: { seconds: 10, bytes: 3000 },
  ...change,
});

it('what went on at once counts once, and pauses do not count', () => {
  const stretch = (from: number, to: number) => ({ stage: 'encodeSegment', from, to });
  expect(workedSeconds([])).toBe(0);
  expect(workedSeconds([stretch(8000, 9000), stretch(0, 2000), stretch(1000, 4000), stretch(1500, 1600)])).toBe(5);
});

it('work is noted line by line, a cut line is passed over, and a removed job is not revived', async () => {
  const folder = scratchFolder();
  const file = path.join(folder, 'work.jsonl');
  await noteWork(file, { stage: 'probe', from: 1, to: 2 });
  appendFileSync(file, '{"stage":"pro\n');
  await noteWork(file, { stage: 'upscaleSegment', segment: 3, from: 2, to: 5 });
  expect(await readWork(file)).toEqual([
    { stage: 'probe', from: 1, to: 2 },
    { stage: 'upscaleSegment', segment: 3, from: 2, to: 5 },
  ]);
  await noteWork(path.join(folder, 'gone', 'work.jsonl'), { stage: 'probe', from: 1, to: 2 });
  expect(await readWork(path.join(folder, 'gone', 'work.jsonl'))).toEqual([]);
});

it('an estimate is corrected by the middle of the latest jobs of its kind, by one job only in part', async () => {
  const folder = scratchFolder();
  for (const [n, seconds] of [400, 20, 20, 20, 20, 20].entries()) await noteOutcome(folder, outcome(n, { seconds }));
  await noteOutcome(folder, outcome(9, { key: 'other', seconds: 5 }));
  expect(readFileSync(path.join(folder, 'outcomes.jsonl'), 'utf8').trim().split('\n')).toHaveLength(7);
  const latest = await outcomesOf(folder, 'k');
  expect(latest.map(({ job }) => job)).toEqual(['job1', 'job2', 'job3', 'job4', 'job5']);
  expect(correctionOf(latest).seconds).toBeCloseTo(2 ** (5 / 6));
  expect(correctionOf(latest).bytes).toBe(1);
  expect(correctionOf(latest.slice(0, 1)).seconds).toBeCloseTo(Math.SQRT2);
  expect(correctionOf([])).toEqual({ seconds: 1, bytes: 1 });
});
