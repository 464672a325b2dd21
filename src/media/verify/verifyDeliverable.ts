import type { Rational } from '../../lib/rational.js';
import { checkInventory, type ExpectedStreams, inventory } from '../merge/inventory.js';
import type { Trim } from '../merge/trimTracks.js';
import type { FrameSource } from '../picture/frameSource.js';
import { type Along, seenAlong } from './along.js';
import { type PairResult, verifyPair } from './pair.js';
import { matrixOf, sourceSide } from './sides.js';
import { aspectOf, sampledFrames } from './stills.js';
import { pageOf, reportOf, type Verified } from './verified.js';

export interface VerifyRequest extends ExpectedStreams {
  file: string;
  /** Where the frames came from; all of them are compared. */
  source: FrameSource;
  /** The file with the source's sound, and when its first frame is shown, in seconds of its own clock. */
  soundSource: string;
  firstPts: number;
  /** Of a part of the source only: what is taken of its sound. */
  cut?: Trim | undefined;
  /** How wide its pixels should be shown to how high. Default: as the source's. */
  sampleAspectRatio?: Rational | undefined;
  /** What its bytes were when it was written. */
  sha256?: string | undefined;
  /**
   * Timestamp of every frame in ticks of `timebase`, as the file was joined with; the first may be anything, only
   * distances count.
   */
  expectedPts: ArrayLike<number>;
  timebase: Rational;
  /** How long the last frame is shown, in ticks. */
  lastDuration: number;
  /** What was seen while the file was made. Where that does not fit, or is not there, all is decoded. */
  along?: Along | undefined;
  /** Makes the page too, under this title. */
  pageTitle?: string | undefined;
  /** A folder for files of the moment. Default: the system's. */
  scratch?: string | undefined;
  signal?: AbortSignal | undefined;
  onFrame?: ((frames: number) => void) | undefined;
}

/**
 * In seconds. An MP4's ticks hold the timeline exactly, this is for the arithmetic; Matroska rounds to the next
 * millisecond.
 */
const TIME_TOLERANCE = { mp4: 1e-6, mkv: 0.000_501 };

/**
 * Examines a finished file: every stream is decoded, frames are counted and their times compared with the source's
 * timeline, every picture is compared with the source's at thumbnail size, and sound by when it begins, ends and is
 * heard.
 * @returns a report, also for a file that is not even a video.
 * @throws only when it cannot be examined: the source does not decode to its frames, or the machine fails.
 */
export async function verifyDeliverable(request: VerifyRequest): Promise<Verified> {
  const { file, source, expectedPts, timebase, lastDuration, contents, signal } = request;
  const streams = await inventory(file, signal);
  const problems =
    typeof streams === 'string'
      ? [`it cannot be opened: ${streams}`]
      : checkInventory(streams, {
          ...request,
          sampleAspectRatio: request.sampleAspectRatio ?? source.info.video.sampleAspectRatio,
        });
  const video = typeof streams === 'string' ? undefined : streams.video[0];
  const audio = typeof streams === 'string' ? [] : streams.audio;
  const matrix = matrixOf(source.info);
  const { along } = request;
  const seen = along && video ? await seenAlong(file, video, expectedPts.length, along, signal) : undefined;
  const compared =
    video &&
    (await verifyPair({
      file,
      seen: typeof seen === 'string' ? undefined : seen,
      video: { ...video, samples: { range: video.range, matrix, common: matrix }, aspect: aspectOf(video) },
      source: { ...sourceSide(source), file: request.soundSource, ...source.info.video },
      expected: () => ({ pts: expectedPts, timebase, lastDuration, tolerance: TIME_TOLERANCE[contents.container] }),
      sourceFirst: () => request.firstPts,
      cut: request.cut,
      tracks: contents.tracks
        .filter(({ kind }) => kind === 'audio')
        .flatMap((track, i) => (audio[i] ? [{ ...track, stream: audio[i].index }] : [])),
      stills: request.pageTitle === undefined ? undefined : sampledFrames(expectedPts.length),
      scratch: request.scratch,
      signal,
      onFrame: request.onFrame,
    }));
  const pair = compared && typeof seen === 'string' ? warned(compared, `it was decoded again: ${seen}`) : compared;
  const report = await reportOf({
    file,
    sha256: request.sha256,
    header: { problems, expected: 'size, pixels, colours, tracks and chapters as planned' },
    pair,
    expectedFrames: expectedPts.length,
    durationSeconds: typeof streams === 'string' ? 0 : streams.durationSeconds,
    signal,
  });
  return { report, page: request.pageTitle === undefined ? undefined : pageOf(request.pageTitle, report, pair) };
}

const warned = (pair: PairResult, warning: string): PairResult => ({
  ...pair,
  found: { ...pair.found, warnings: [...pair.found.warnings, warning] },
});
