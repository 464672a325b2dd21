import { type Rational, toNumber } from '../../lib/rational.js';
import { damageOf } from '../ffmpeg/damage.js';
import type { Trim } from '../merge/trimTracks.js';
import { checkTimes, type ExpectedTimes } from './checkTimes.js';
import { comparePictures, type PicturesResult } from './comparePictures.js';
import { confirmed } from './confirm.js';
import { plot } from './differencePlot.js';
import { type Judgement, judge, told } from './judge.js';
import type { ShownFrame } from './page.js';
import type { Check, VerifyReport } from './report.js';
import { pairStills, takeStills, withSeconds, withStills } from './shownFrames.js';
import { fileSide, type Side, withoutRepeatedEdge } from './sides.js';
import type { Samples } from './thumbnails.js';
import { checkSound, type SoundPair } from './tracks.js';

export interface PairRequest {
  file: string;
  /** The stream of the file that holds the pictures. */
  video: {
    index: number;
    timebase: Rational;
    durationSeconds: number | undefined;
    samples: Samples;
    aspect: number;
    width: number;
    height: number;
  };
  source: Side & { file: string; width: number; height: number };
  /** When frames should be shown; asked for after all of the source's are decoded. */
  expected: () => ExpectedTimes;
  /** When the source's first frame is shown, in seconds of its own clock; asked for as late. */
  sourceFirst: () => number;
  /** What is taken of the source's sound. Default: all. */
  cut?: Trim | undefined;
  tracks: readonly SoundPair[];
  /** What was seen of both already; default: they are decoded. */
  seen?: Seen | undefined;
  /** Frames of which stills are taken on the way, and of wrong ones afterwards; undefined for none at all. */
  stills: readonly number[] | undefined;
  /** Where stills lie meanwhile. */
  scratch?: string | undefined;
  signal?: AbortSignal | undefined;
  onFrame?: ((frames: number) => void) | undefined;
}

/** What one decode of a file and its source gives. */
export interface Seen {
  pictures: PicturesResult;
  /** When each frame is shown, in ticks; NaN where it has no time. */
  pts: number[];
  stills: Omit<ShownFrame, 'seconds'>[];
}

export interface PairResult {
  found: Omit<VerifyReport, 'ok' | 'file' | 'durationSeconds'>;
  plot: string;
  /** Frames with something wrong, and some from all over the video. */
  shown: { suspicious: ShownFrame[]; sampled: ShownFrame[] };
}

const SUSPICIOUS = 12;

/**
 * Decodes a file and what it was made of, once, and compares pictures, times and sound. Memory grows by some 50 bytes
 * a frame.
 */
export async function verifyPair(request: PairRequest): Promise<PairResult> {
  const { file, video, source, signal } = request;
  const times: number[] = [];
  const output = fileSide(
    file,
    video.index,
    video.samples,
    video.aspect,
    (time) => {
      times.push(time);
    },
    withoutRepeatedEdge(video, source),
  );
  const { pictures, pts, stills } = request.seen ?? { ...(await see(request, output)), pts: times };
  const seconds = (frame: number): number => ((pts[frame] ?? NaN) - (pts[0] ?? NaN)) * toNumber(video.timebase);
  const size = { width: Math.min(video.width, source.width), height: Math.min(video.height, source.height) };
  const judgement = await confirmed(judge(pictures.table, source), {
    output,
    source,
    size,
    table: pictures.table,
    signal,
  });
  const expected = request.expected();
  const timing = checkTimes({ ...video, pts }, expected);
  const first = (pts[0] ?? 0) * toNumber(video.timebase);
  const sound = await checkSound({
    file,
    first,
    seconds: seconds(pts.length - 1),
    source: { file: source.file, first: request.sourceFirst(), cut: request.cut },
    tracks: request.tracks,
    signal,
  });
  const suspicious = suspiciousFrames(judgement);
  const found = {
    problems: [...pictures.decoding, ...judgement.problems.map(told), ...timing.problems, ...sound.problems],
    warnings: [...judgement.warnings.map(told), ...sound.warnings],
    checks: [decodingCheck(pictures.decoding), ...timing.checks, ...pictureChecks(judgement), ...sound.checks],
    frames: pts.length,
    expectedFrames: expected.pts.length,
    largestTimeErrorSeconds: timing.largestErrorSeconds,
    difference: judgement.difference,
    suspicious: [...judgement.problems, ...judgement.warnings].map(({ what, frames }) => ({
      what,
      frames: frames.frames,
      runs: frames.kept,
    })),
    worst: judgement.worst,
    sourceErrors: damageOf(pictures.sourceErrors),
  };
  return {
    found,
    plot: plot(
      pictures.table,
      judgement.problems.flatMap(({ frames }) => frames.kept),
    ),
    shown: {
      sampled: withSeconds(stills, seconds),
      suspicious:
        request.stills !== undefined && suspicious.length > 0
          ? await takeStills(output, source, suspicious, seconds, request)
          : [],
    },
  };
}

/** Decodes both once. */
function see(request: PairRequest, output: Side): Promise<Omit<Seen, 'pts'>> {
  const { source, signal, onFrame } = request;
  return withStills(request.stills ?? [], request.scratch, async (stills) => ({
    pictures: await comparePictures({ output, source, stills: request.stills && stills, signal, onFrame }),
    stills: await pairStills(stills),
  }));
}

/** Ends of the runs in which something is wrong. */
function suspiciousFrames({ problems }: Judgement): number[] {
  const frames = problems.flatMap(({ frames: { kept } }) =>
    kept.flatMap(([first, last]) => (first === last ? [first] : [first, last])),
  );
  return [...new Set(frames)].slice(0, SUSPICIOUS).sort((a, b) => a - b);
}

const decodingCheck = (problems: readonly string[]): Check => ({
  name: 'decoding',
  ok: problems.length === 0,
  measured: problems[0] ?? 'without errors',
  expected: 'without errors',
});

function pictureChecks({ problems, warnings, difference: { luma, chroma } }: Judgement): Check[] {
  const measured = (name: string, { median, largest }: Judgement['difference']['luma']): string =>
    `${name} ${median.toFixed(2)}, at most ${largest.toFixed(2)}`;
  return [
    {
      name: 'pictures',
      ok: problems.length === 0,
      measured:
        problems.length === 0
          ? `differences in code values, median: ${measured('luma', luma)}; ${measured('chroma', chroma)}`
          : problems.map(told).join('; '),
      expected: "each frame is its source's, and nearer to it than to those before and after",
    },
    {
      name: 'flicker',
      ok: true,
      measured: warnings.length === 0 ? 'none' : warnings.map(told).join('; '),
      expected: "brightness changes with the source's",
    },
  ];
}
