import type { SourceInfo } from '../../job/source.js';
import { argv } from '../../lib/argv.js';
import { readUntilFailure } from './readStdout.js';
import { pieces } from './splitStream.js';
import { sourceInput } from './tools.js';

/** Stretches of a video that are looked at, spread evenly over it. */
const STRETCHES = 8;
/** A video that is shorter than this many seconds is looked at in one stretch from its start. */
const SHORT = 8;

export interface Sampling {
  /** Filters that end in planar 8-bit grey of `width` x `height`. */
  filters: readonly string[];
  width: number;
  height: number;
  /** Frames that follow each other in one stretch. */
  frames: number;
  signal?: AbortSignal | undefined;
}

/**
 * As {@link samplePictures}, of the whole video. The numbers are those of the frames as a straight decode gives them.
 */
export const everyPicture = (
  file: string,
  info: SourceInfo,
  looking: Omit<Sampling, 'frames'>,
  onPicture: (picture: Buffer, frame: number) => void,
): Promise<void> => sampleStretch(file, info, looking, 0, undefined, onPicture);

/**
 * Decodes stretches of consecutive pictures, upright, as grey samples of one byte. Places that cannot be sought to or
 * decoded give a shorter stretch or none: a sample is for statistics.
 * @param onPicture called for every picture with its number in its stretch; the buffer is its own.
 */
export async function samplePictures(
  file: string,
  info: SourceInfo,
  sampling: Sampling,
  onPicture: (picture: Buffer, stretch: number, frame: number) => void,
): Promise<void> {
  const { durationSeconds = 0 } = info;
  const whole = durationSeconds < SHORT;
  for (let stretch = 0; stretch < (whole ? 1 : STRETCHES); stretch++) {
    const at = whole ? 0 : (durationSeconds * (stretch + 0.5)) / STRETCHES;
    await sampleStretch(file, info, sampling, at, sampling.frames * (whole ? STRETCHES : 1), (picture, frame) => {
      onPicture(picture, stretch, frame);
    });
  }
}

async function sampleStretch(
  file: string,
  info: SourceInfo,
  { filters, width, height, signal }: Omit<Sampling, 'frames'>,
  at: number,
  frames: number | undefined,
  onPicture: (picture: Buffer, frame: number) => void,
): Promise<void> {
  const seek = at > 0 ? ['-noaccurate_seek', '-ss', at.toFixed(3)] : [];
  await readUntilFailure(
    [
      ...argv`-max_error_rate 1 ${seek} ${sourceInput(file)} -map 0:${info.video.index} -fps_mode passthrough`,
      ...(frames === undefined ? [] : ['-frames:v', String(frames)]),
      // The muxer gets a clock of its own, which no repeated timestamp can upset.
      ...argv`-vf ${[...filters, 'settb=1/25', 'setpts=N'].join(',')} -enc_time_base 1:25 -f rawvideo pipe:1`,
    ],
    { signal },
    async (stdout) => {
      let frame = 0;
      for await (const picture of pieces(stdout, width * height)) onPicture(Buffer.from(picture), frame++);
    },
  );
}
