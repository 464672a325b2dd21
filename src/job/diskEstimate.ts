import type { BitDepth } from './pictureSpec.js';
import type { SourceInfo } from './source.js';

/**
 * UT Video, measured at 2880x2304: 2.8 MB a frame. FFVhuff with 10 bits, measured on three clips: 1.1 to 1.5 times as
 * much.
 */
export const MEZZANINE_BYTES_PER_PIXEL: Record<BitDepth, number> = { 8: 0.43, 10: 0.65 };
/**
 * H.264 at CRF 23, measured on a 25-minute cartoon: 3.4 GB for 37,271 frames of 2880x2304; doubled for busier
 * pictures.
 */
const ENCODED_BYTES_PER_PIXEL = 0.028;

/** UT Video of a source's own pictures, measured: 0.26 MB a frame of 720x576. */
const CONFORMED_BYTES_PER_PIXEL = 0.63;
/** Bits a second of a sound track that does not say how many it has. */
const USUAL_SOUND = 256_000;

/** What a source's sound takes, in bytes, where it is copied; about as much where it is converted. */
export const soundBytes = ({ audio, durationSeconds = 0 }: Pick<SourceInfo, 'audio' | 'durationSeconds'>): number =>
  audio.reduce((sum, { bitRate = USUAL_SOUND }) => sum + (bitRate / 8) * durationSeconds, 0);

export interface DiskEstimate {
  /** Peak in the jobs root. */
  jobs: number;
  /** What the output's folder needs. */
  output: number;
}

/**
 * Peak disk use of a job, in bytes. Encoded parts and the joined video stand side by side for a moment, so they count
 * twice.
 */
export function estimateDisk(job: {
  frames: number;
  outputPixels: number;
  method: 'filter' | 'model';
  /** Segments whose upscaled frames may lie on the disk at the same time, and the frames in each. */
  backlogFrames: number;
  keepMezzanine: boolean;
  bitDepth: BitDepth;
  audioBytes: number;
  /** Of the encoded pictures, where something is known of them; else more than usual is assumed. */
  encodedBytes?: number;
  /** Source pixels of a frame, where the source has to be conformed. */
  conformedPixels?: number;
}): DiskEstimate {
  const encoded = job.encodedBytes ?? job.frames * job.outputPixels * ENCODED_BYTES_PER_PIXEL;
  const mezzanineFrames =
    job.method === 'filter' ? 0 : job.keepMezzanine ? job.frames : Math.min(job.frames, job.backlogFrames);
  return {
    jobs: Math.ceil(
      2 * encoded +
        mezzanineFrames * job.outputPixels * MEZZANINE_BYTES_PER_PIXEL[job.bitDepth] +
        job.frames * (job.conformedPixels ?? 0) * CONFORMED_BYTES_PER_PIXEL,
    ),
    output: Math.ceil(encoded + job.audioBytes),
  };
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit] ?? ''}`;
}
