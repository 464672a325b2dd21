import type { SourceInfo } from '../job/source.js';
import { runFfmpeg } from './run.js';
import { sourceInput } from './tools.js';
import { usableTracks, type AudioTrack } from './tracks.js';

export interface MergeRequest {
  /** The joined video: H.264 in MP4, its first frame at zero. */
  video: string;
  source: string;
  info: SourceInfo;
  /** When the first frame is shown in the source, in seconds of its own clock. */
  firstPts: number;
  /** Written whole or not at all usable: give a hidden name and publish it afterwards. */
  output: string;
  signal?: AbortSignal | undefined;
  onProgress?: (progress: { frame: number }) => void;
}

export interface MergeResult {
  /** What the user should know: tracks left out or converted, damage met while reading the sound. */
  warnings: string[];
  /** The audio tracks of the output, in order. */
  audio: AudioTrack[];
}

/**
 * Writes the deliverable: the video as it is, every audio track of the source, languages, titles, chapters and tags. Each stream keeps
 * its own length, and sound and picture keep the relation that they have in the source.
 */
export async function mergeAudio(request: MergeRequest): Promise<MergeResult> {
  const { source, info, signal, onProgress } = request;
  const { tracks, warnings } = await usableTracks(source, info.audio, signal);
  const { errors, stderrLines } = await runFfmpeg(mergeArgs(request, tracks), { signal, ...(onProgress && { onProgress }) });
  if (errors > 0) warnings.push(`reading the sound gave ${errors} error${errors === 1 ? '' : 's'}: ${stderrLines[0] ?? ''}`);
  return { warnings, audio: tracks };
}

export function mergeArgs({ video, source, info, firstPts, output }: Omit<MergeRequest, 'signal' | 'onProgress'>, tracks: readonly AudioTrack[]): string[] {
  const zero = zeroOf(firstPts, tracks);
  return [
    '-copyts',
    '-itsoffset', (firstPts - zero).toFixed(6), ...sourceInput(video),
    '-itsoffset', (-zero).toFixed(6), '-max_error_rate', '1', ...sourceInput(source),
    '-map', '0:v:0', ...tracks.flatMap((track) => ['-map', `1:${track.index}`]),
    '-c:v', 'copy', '-tag:v', 'avc1',
    ...tracks.flatMap(audioArgs),
    '-map_metadata', '1', '-map_chapters', '1', `-map_metadata:s:v:0`, `1:s:${info.video.index}`,
    // Sound that begins late must not make the muxer give up on the pictures that wait for it.
    '-max_muxing_queue_size', '100000',
    // Edit lists hold the offsets between streams in this timescale: 1/1000 by default, which is too coarse.
    '-movie_timescale', '90000', '-movflags', '+faststart',
    '-f', 'mp4', '-y', `file:${output}`,
  ];
}

/**
 * The time of the source that becomes zero: where the first of its streams begins. Sound before zero (an encoder's priming in
 * containers that cannot mark it) is not heard in the source either and stays before zero.
 */
function zeroOf(firstPts: number, tracks: readonly AudioTrack[]): number {
  const earliest = Math.min(firstPts, ...tracks.map((track) => track.startSeconds));
  return firstPts < 0 ? firstPts : Math.max(0, earliest);
}

function audioArgs(track: AudioTrack, i: number): string[] {
  const metadata = [`-map_metadata:s:a:${i}`, `1:s:${track.index}`];
  if (track.handling.kind === 'copy') return [`-c:a:${i}`, 'copy', ...metadata];
  // Gaps are filled with silence: the encoder counts samples and would close them otherwise.
  return [`-c:a:${i}`, 'aac', `-b:a:${i}`, String(track.handling.bitRate), `-filter:a:${i}`, 'aresample=async=1', ...metadata];
}
