import type { SourceInfo } from '../../job/source.js';
import { takeSampleClip } from '../../media/intermediate/sampleClip.js';
import type { FrameSource } from '../../media/picture/frameSource.js';

/** Spread evenly over a video: how large a result becomes differs much from scene to scene. */
const PLACES = 8;
const FRAMES = 24;
/** A video that is shorter than this many seconds is looked at from its start. */
const SHORT = 6;

/**
 * Some real frames of a clip, decoded once, on which this machine is measured. None where nothing can be decoded
 * there.
 * @param from where the part begins that `info` is about, in seconds.
 */
export async function takeSampleClips(
  file: string,
  info: SourceInfo,
  folder: string,
  signal: AbortSignal | undefined,
  from = 0,
): Promise<FrameSource[]> {
  const length = info.durationSeconds ?? 0;
  const places =
    length < SHORT ? [from] : Array.from({ length: PLACES }, (_, i) => from + (length * (i + 0.5)) / PLACES);
  const taken = await Promise.all(
    places.map((seconds) =>
      takeSampleClip(file, info, { seconds, frames: length < SHORT ? 2 * FRAMES : FRAMES }, folder, signal),
    ),
  );
  const found = taken.filter((source) => source !== undefined);
  // A place may lie in a damaged part; the beginning was decoded before.
  if (found.length > 0 || length < SHORT) return found;
  const first = await takeSampleClip(file, info, { seconds: 0, frames: FRAMES }, folder, signal);
  return first ? [first] : [];
}
