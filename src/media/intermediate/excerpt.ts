import path from 'node:path';
import type { CropWindow } from '../../job/pictureSpec.js';
import type { SourceInfo } from '../../job/source.js';
import { decodeTimeline } from '../../job/timeline.js';
import { randomName } from '../../lib/durable.js';
import { SegmentMismatch } from '../../lib/errors.js';
import { toNumber } from '../../lib/rational.js';
import { runFfmpeg } from '../ffmpeg/runFfmpeg.js';
import { croppedInfo } from '../picture/crop.js';
import { checkPts, type FrameSource, frameArgs, inputFrom, printPts } from '../picture/frameSource.js';
import { type ProbeOptions, probeSource } from '../source/probe.js';
import { scanSource } from '../source/scan.js';
import { losslessArgs } from './conform.js';

/** A video of which single frames can be taken. */
export interface Excerpt {
  info: SourceInfo;
  frames: number;
  seconds: number;
  /**
   * When a frame is shown, from the start of the video on; what the nominal rate says where timestamps cannot be
   * trusted.
   */
  timeOf(frame: number): number;
  /** The frame that is shown at a time from 0 up to `seconds`. */
  frameAt(seconds: number): number;
  /**
   * Takes one frame into a lossless file of its own, decoded as a job would decode it.
   * @param folder must exist.
   * @returns a video of that frame alone, with the film's information; undefined when the frame cannot be decoded.
   */
  take(frame: number, folder: string, signal?: AbortSignal): Promise<FrameSource | undefined>;
}

/** Reads a video's packets, without decoding it. @throws UserError of one line for anything that is not a video. */
export async function openExcerpt(file: string, options: ProbeOptions = {}): Promise<Excerpt> {
  const { scan, timeline } = await scanSource(file, await probeSource(file, options), options);
  const { info } = scan;
  if (!timeline) return straightFilm(file, info, scan.packets);

  const pts = decodeTimeline(timeline);
  const source: FrameSource = { file, from: 'source', info, pts, runIn: scan.runIn };
  const first = pts[0] as number;
  const tick = toNumber(timeline.timebase);
  return {
    info,
    frames: pts.length,
    seconds: ((pts.at(-1) as number) - first + timeline.lastDuration) * tick,
    timeOf: (frame) => ((pts[frame] as number) - first) * tick,
    // Half a tick forgives a time that was rounded to be written down.
    frameAt: (seconds) =>
      Math.max(
        0,
        pts.findLastIndex((time) => time - first <= seconds / tick + 0.5),
      ),
    take: async (frame, folder, signal) => {
      const { input, filters } = frameArgs(source, frame, frame + 1);
      const taken = await takeOne(input, filters, info, folder, signal);
      try {
        checkPts(source, frame, taken.pts, frame + 1);
        return taken.source;
      } catch (error) {
        // The job would conform such a source.
        if (!(error instanceof SegmentMismatch)) throw error;
        return takeStraight(file, info, frame, folder, signal);
      }
    },
  };
}

/** The same film, of whose pictures only a part is used. */
export function croppedExcerpt(film: Excerpt, crop: CropWindow | undefined): Excerpt {
  if (!crop) return film;
  const info = croppedInfo(film.info, crop);
  return {
    ...film,
    info,
    take: async (...args) => {
      const taken = await film.take(...args);
      return taken && { ...taken, info };
    },
  };
}

/** Where seeking cannot be trusted, every frame is counted from the first one. */
function straightFilm(file: string, info: SourceInfo, frames: number): Excerpt {
  const rate = toNumber(info.video.frameRate);
  return {
    info,
    frames,
    seconds: frames / rate,
    timeOf: (frame) => frame / rate,
    frameAt: (seconds) => Math.min(frames - 1, Math.floor(seconds * rate + 1e-3)),
    take: (frame, folder, signal) => takeStraight(file, info, frame, folder, signal),
  };
}

async function takeStraight(
  file: string,
  info: SourceInfo,
  frame: number,
  folder: string,
  signal?: AbortSignal,
): Promise<FrameSource | undefined> {
  const input = inputFrom(file, info.video.index, undefined);
  const taken = await takeOne(input, [`select=eq(n\\,${frame})`, ...printPts()], info, folder, signal);
  return taken.pts.length === 1 ? taken.source : undefined;
}

async function takeOne(
  input: string[],
  filters: string[],
  info: SourceInfo,
  folder: string,
  signal?: AbortSignal,
): Promise<{ source: FrameSource; pts: number[] }> {
  const file = path.join(folder, `${randomName()}.nut`);
  const pts: number[] = [];
  await runFfmpeg([...input, '-frames:v', '1', ...losslessArgs(info, filters, file)], {
    signal,
    onPts: (time) => pts.push(time),
  });
  return { source: { file, from: 'conformed', info, pts: Float64Array.of(0), runIn: 0 }, pts };
}
