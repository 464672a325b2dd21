import type { Container } from '../../job/contents.js';
import type { SourceInfo } from '../../job/source.js';
import type { Rational } from '../../lib/rational.js';
import type { AudioMode } from './plannedTrack.js';
import type { Trim } from './trimTracks.js';

export interface MergeRequest {
  /** The joined video: an MP4, its first frame at zero. */
  video: string;
  source: string;
  info: SourceInfo;
  container: Container;
  audio: AudioMode;
  /** When the first frame is shown in the source, in seconds of its own clock. */
  firstPts: number;
  /** How much earlier than frame i is shown packet i has to be decoded, in seconds: 0 without B-frames. */
  reorderSeconds: number;
  /** How long the last frame is shown, in seconds. */
  lastDuration: number;
  /** Frames a second, where all are shown equally long. */
  constantRate?: Rational | undefined;
  /** Of a part of the source only: what is taken of everything else. */
  cut?: Trim | undefined;
  /**
   * Written whole or not at all usable: give a hidden name and publish it afterwards. Files named like it with more
   * behind may lie beside it meanwhile.
   */
  output: string;
  signal?: AbortSignal | undefined;
  onProgress?: (progress: { frame: number }) => void;
}
