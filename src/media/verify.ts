import { z } from 'zod';
import { toNumber, type Rational } from '../job/rational.js';
import type { FrameSource } from './frames.js';
import { checkInventory, inventory, type ExpectedStreams } from './inventory.js';
import { damageOf } from './damage.js';
import { comparePictures } from './pictures.js';
import { runFfmpeg } from './run.js';
import { sourceInput } from './tools.js';

export const verifyReportSchema = z.object({
  ok: z.boolean(),
  /** Why the file must not be delivered, each in one line; empty when ok. */
  problems: z.array(z.string()),
  /** What is worth knowing and stops nothing, such as damage in the source's own sound. */
  warnings: z.array(z.string()),
  /** Decoded, not promised by a header. */
  frames: z.number().int().min(0),
  expectedFrames: z.number().int().min(0),
  durationSeconds: z.number().min(0),
  /** Largest distance of a frame's time from where the source's timeline puts it. */
  largestTimeErrorSeconds: z.number().min(0),
  /** Mean and largest difference between thumbnails of output and source, in 8-bit code values. */
  difference: z.object({ mean: z.number(), largest: z.number() }),
  /** Damage that the decoder met in the source and concealed, the last lines. */
  sourceErrors: z.array(z.string()),
});
export type VerifyReport = z.infer<typeof verifyReportSchema>;

export interface VerifyRequest extends ExpectedStreams {
  file: string;
  /** Where the frames came from; all of them are compared. */
  source: FrameSource;
  /** Timestamp of every frame in ticks of `timebase`, as the file was joined with; the first may be anything, only distances count. */
  expectedPts: ArrayLike<number>;
  timebase: Rational;
  /** How long the last frame is shown, in ticks. */
  lastDuration: number;
  signal?: AbortSignal | undefined;
  onFrame?: (frames: number) => void;
}

/** In seconds. An MP4's ticks hold the timeline exactly, this is for the arithmetic; Matroska rounds to the next millisecond. */
const TIME_TOLERANCE = { mp4: 1e-6, mkv: 0.000_501 };

/**
 * Examines a finished file: every stream is decoded, frames are counted and their times compared with the source's timeline, and every
 * picture is compared with the source's at thumbnail size. Memory does not depend on the length.
 * @returns a report, also for a file that is not even a video.
 * @throws only when it cannot be examined: the source does not decode to its frames, or the machine fails.
 */
export async function verifyDeliverable(request: VerifyRequest): Promise<VerifyReport> {
  const { file, expectedPts, signal } = request;
  const expectedFrames = expectedPts.length;
  const empty = { frames: 0, expectedFrames, durationSeconds: 0, largestTimeErrorSeconds: 0, difference: { mean: 0, largest: 0 }, sourceErrors: [] };
  const streams = await inventory(file, signal);
  if (typeof streams === 'string') return { ok: false, problems: [`it cannot be opened: ${streams}`], warnings: [], ...empty };

  const problems = checkInventory(streams, { ...request, sampleAspectRatio: request.source.info.video.sampleAspectRatio });
  const durationSeconds = streams.durationSeconds;
  const video = streams.video[0];
  if (!video) return { ok: false, problems, warnings: [], ...empty, durationSeconds };

  const clock = new Clock(request, toNumber(video.timebase));
  const pictures = await comparePictures({ ...request, range: video.range, onPts: (pts) => { clock.add(pts); } });
  problems.push(...pictures.problems, ...clock.problems(video.durationSeconds));
  const warnings = await decodeAudio(file, streams.audio.length, signal);
  return {
    ok: problems.length === 0,
    problems,
    warnings,
    frames: clock.frames,
    expectedFrames,
    durationSeconds,
    largestTimeErrorSeconds: clock.largestError,
    difference: pictures.difference,
    sourceErrors: damageOf(pictures.sourceErrors),
  };
}

/** Compares times as frames pass. */
class Clock {
  frames = 0;
  largestError = 0;
  private first = NaN;
  private firstWrong: string | undefined;
  private readonly expected: VerifyRequest;
  private readonly tick: number;

  constructor(expected: VerifyRequest, tick: number) {
    this.expected = expected;
    this.tick = tick;
  }

  add(pts: number): void {
    const index = this.frames++;
    if (index === 0) this.first = pts;
    if (index >= this.expected.expectedPts.length) return;
    const time = (pts - this.first) * this.tick;
    const wanted = this.wanted(index);
    const error = Math.abs(time - wanted);
    if (Number.isNaN(error) || error > TIME_TOLERANCE[this.expected.contents.container]) this.firstWrong ??= `frame ${index} is shown at ${time.toFixed(6)} s after the first, not at ${wanted.toFixed(6)} s`;
    else this.largestError = Math.max(this.largestError, error);
  }

  private wanted(index: number): number {
    const { expectedPts, timebase } = this.expected;
    return ((expectedPts[index] as number) - (expectedPts[0] as number)) * toNumber(timebase);
  }

  problems(durationSeconds: number | undefined): string[] {
    const { expectedPts, timebase, lastDuration } = this.expected;
    const found: string[] = [];
    if (this.frames !== expectedPts.length) found.push(`it has ${this.frames} frames instead of ${expectedPts.length}`);
    if (this.firstWrong !== undefined) found.push(this.firstWrong);
    const wanted = this.wanted(expectedPts.length - 1) + lastDuration * toNumber(timebase);
    if (durationSeconds === undefined || Math.abs(durationSeconds - wanted) > 0.001 + TIME_TOLERANCE[this.expected.contents.container]) {
      found.push(`the video lasts ${durationSeconds?.toFixed(3) ?? 'an unknown number of'} s instead of ${wanted.toFixed(3)} s`);
    }
    return found;
  }
}

/** Decodes all sound. Copied sound may be damaged in the source already, so its errors are only told. */
async function decodeAudio(file: string, tracks: number, signal?: AbortSignal): Promise<string[]> {
  if (tracks === 0) return [];
  const { errors, stderrLines } = await runFfmpeg(['-max_error_rate', '1', ...sourceInput(file), '-map', '0:a', '-f', 'null', '-'], { signal });
  return errors === 0 ? [] : [`decoding the sound gave ${errors} error${errors === 1 ? '' : 's'}: ${stderrLines[0] ?? ''}`];
}
