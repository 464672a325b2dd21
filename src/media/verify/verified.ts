import { stat } from 'node:fs/promises';
import { fileDigest } from '../../job/parts.js';
import { page } from './page.js';
import type { PairResult } from './pair.js';
import type { VerifyReport } from './report.js';

export interface Verified {
  report: VerifyReport;
  /** One HTML page for people, where it was asked for. */
  page: string | undefined;
}

export interface Findings {
  file: string;
  /** What its digest should be. */
  sha256?: string | undefined;
  /** What the streams' headers gave. */
  header: { problems: readonly string[]; expected: string };
  /** Undefined where there were no pictures to compare. */
  pair: PairResult | undefined;
  expectedFrames: number;
  durationSeconds: number;
  signal?: AbortSignal | undefined;
}

const NOTHING = {
  frames: 0,
  warnings: [],
  checks: [],
  problems: [],
  largestTimeErrorSeconds: 0,
  difference: { luma: { median: 0, largest: 0 }, chroma: { median: 0, largest: 0 } },
  suspicious: [],
  worst: [],
  sourceErrors: [],
};

/** Puts together what was found, with the file's size and digest. */
export async function reportOf({
  file,
  sha256,
  header,
  pair,
  expectedFrames,
  durationSeconds,
  signal,
}: Findings): Promise<VerifyReport> {
  const found = pair?.found ?? { ...NOTHING, expectedFrames };
  const digest = await fileDigest(file, signal);
  const changed = sha256 !== undefined && digest !== sha256;
  const problems = [
    ...(changed ? ['its bytes have changed since it was written'] : []),
    ...header.problems,
    ...found.problems,
  ];
  return {
    ok: problems.length === 0,
    ...found,
    problems,
    checks: [
      {
        name: 'streams',
        ok: header.problems.length === 0,
        measured: header.problems.join('; ') || 'as expected',
        expected: header.expected,
      },
      ...found.checks,
      { name: 'digest', ok: !changed, measured: digest, expected: sha256 ?? 'any' },
    ],
    file: { bytes: (await stat(file)).size, sha256: digest },
    durationSeconds,
  };
}

export function pageOf(title: string, report: VerifyReport, pair: PairResult | undefined): string {
  return page({
    ...report,
    title,
    facts: [
      ['frames', String(report.frames)],
      ['duration', `${report.durationSeconds.toFixed(3)} s`],
      ['bytes', String(report.file.bytes)],
      ['SHA-256', report.file.sha256],
    ],
    plot: pair?.plot ?? '',
    sections: [
      { title: 'Suspicious frames: the source beside the result', frames: pair?.shown.suspicious ?? [] },
      { title: 'Some frames: the source beside the result', frames: pair?.shown.sampled ?? [] },
    ],
  });
}
