import { ContentFailure, SegmentMismatch, WorldError } from '../lib/errors.js';
import { startFfmpeg } from '../media/ffmpeg/runFfmpeg.js';
import { FrameReader } from './frameReader.js';
import type { UpscaleRequest } from './protocol.js';
import { Timestamps } from './timestamps.js';

export interface Decoder {
  /**
   * Fills the buffer with the next frame.
   * @returns false when the decoder was stopped.
   * @throws SegmentMismatch when it has ended before the frames that were asked for; WorldError when something else
   * ended it.
   */
  read(frame: Uint8Array): Promise<boolean>;
  /** Source timestamps of the next frames. @throws SegmentMismatch when some have none. */
  takePts(count: number): Promise<number[]>;
  /** @throws SegmentMismatch when there are more frames than were asked for. */
  requireEnd(): Promise<void>;
  /** Ends ffmpeg and waits until it has ended. */
  stop(): Promise<void>;
}

/** Starts ffmpeg on the frames of a request. It runs ahead only as far as its pipe's buffer. */
export function startDecoder({ decodeArgs, firstFrame, frames }: UpscaleRequest): Decoder {
  const stopping = new AbortController();
  const timestamps = new Timestamps();
  const ffmpeg = startFfmpeg(decodeArgs, { stdout: 'pipe', onPts: timestamps.add, signal: stopping.signal });
  const { stdout } = ffmpeg;
  if (!stdout) throw new Error('the decoder has no stdout');
  const reader = new FrameReader(stdout);
  // How it ended matters only when frames are missing: they are the truth.
  const ended = ffmpeg.done
    .then(
      () => undefined,
      (error: unknown) => error,
    )
    .finally(timestamps.end);
  const asked = `${frames} frames from frame ${firstFrame} on were asked for`;
  let count = 0;
  return {
    async read(frame) {
      const bytes = await readOrEnd(reader, frame);
      if (stopping.signal.aborted) return false;
      if (bytes === frame.length) {
        count++;
        return true;
      }
      const error = await ended;
      if (endedFromOutside(error)) throw error;
      const piece = bytes > 0 ? ' and a piece of another' : '';
      throw new SegmentMismatch(
        `${asked}, but the decoder gave ${count}${piece}${error instanceof Error ? ` (${error.message})` : ''}`,
      );
    },
    async takePts(wanted) {
      const pts = await timestamps.take(wanted);
      if (pts.length < wanted || pts.some(Number.isNaN))
        throw new SegmentMismatch(`${asked}, but the decoder gave frames without timestamps`);
      return pts;
    },
    async requireEnd() {
      const more = await readOrEnd(reader, new Uint8Array(1));
      if (more > 0 && !stopping.signal.aborted)
        throw new SegmentMismatch(`${asked}, but the decoder gave more than ${frames}`);
    },
    async stop() {
      stopping.abort();
      // Frames that nobody will read would keep the pipe open.
      stdout.destroy();
      await ended;
    },
  };
}

/** A pipe that breaks says no more than that there are no more bytes; why is told by ffmpeg's end. */
async function readOrEnd(reader: FrameReader, target: Uint8Array): Promise<number> {
  try {
    return await reader.read(target);
  } catch {
    return 0;
  }
}

/** A decoder that was killed, or that never started, says nothing about the source. */
const endedFromOutside = (error: unknown): error is WorldError =>
  error instanceof WorldError && !(error instanceof ContentFailure);
