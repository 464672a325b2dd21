import type { SourceInfo } from '../job/source.js';
import { runFfmpeg } from './run.js';
import { sourceInput } from './tools.js';
import { readTags, usableTracks, type AudioTrack, type SourceTags } from './tracks.js';

export interface MergeRequest {
  /** The joined video: H.264 in MP4, its first frame at zero. */
  video: string;
  source: string;
  info: SourceInfo;
  /** When the first frame is shown in the source, in seconds of its own clock. */
  firstPts: number;
  /** How much earlier than frame i is shown packet i has to be decoded, in seconds: 0 without B-frames. */
  reorderSeconds: number;
  /** How long the last frame is shown, in seconds. */
  lastDuration: number;
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
  const tags = await readTags(source, signal);
  warnings.push(...tags.left);
  const { errors, stderrLines } = await runFfmpeg(mergeArgs({ ...request, tracks, tags }), { signal, ...(onProgress && { onProgress }) });
  if (errors > 0) warnings.push(`reading the sound gave ${errors} error${errors === 1 ? '' : 's'}: ${stderrLines[0] ?? ''}`);
  return { warnings, audio: tracks };
}

type MergePlan = Pick<MergeRequest, 'video' | 'source' | 'info' | 'firstPts' | 'reorderSeconds' | 'lastDuration' | 'output'> & { tracks: readonly AudioTrack[]; tags: SourceTags };

export function mergeArgs({ video, source, info, firstPts, reorderSeconds, lastDuration, output, tracks, tags }: MergePlan): string[] {
  const zero = zeroOf(firstPts, tracks, tags);
  return [
    '-copyts',
    '-itsoffset', seconds(micro(firstPts) - zero), ...sourceInput(video),
    '-itsoffset', seconds(-zero), '-max_error_rate', '1', ...sourceInput(source),
    '-map', '0:v:0', ...tracks.flatMap((track) => ['-map', `1:${track.index}`]),
    '-c:v', 'copy', '-tag:v', 'avc1',
    // Where frames are reordered, libavformat reads the average duration for every packet; the track's end comes from it. It also
    // derives how early decoding begins without the last two packets, so that is said here.
    '-bsf:v', `setts=pts=PTS:dts=DTS-STARTDTS+STARTPTS-round(${reorderSeconds}/TB):duration=round(${lastDuration}/TB)`,
    ...tracks.flatMap((track, i) => audioArgs(track, i, tags)),
    '-map_metadata', '1', '-map_chapters', '1', '-map_metadata:s:v:0', `1:s:${info.video.index}`,
    // Sound that begins late must not make the muxer give up on the pictures that wait for it.
    '-max_muxing_queue_size', '100000',
    // Edit lists hold the offsets between streams in this timescale: 1/1000 by default, which is too coarse.
    '-movie_timescale', '90000', '-movflags', '+faststart',
    '-f', 'mp4', '-y', `file:${output}`,
  ];
}

const micro = (value: number): number => Math.round(value * 1e6);
const seconds = (microseconds: number): string => (microseconds / 1e6).toFixed(6);

/**
 * The time of the source that becomes zero, in microseconds: where the first of its streams begins. Sound before zero (an encoder's
 * priming in containers that cannot mark it) is not heard in the source either and stays before zero.
 */
function zeroOf(firstPts: number, tracks: readonly AudioTrack[], { startMicroseconds }: SourceTags): number {
  const earliest = micro(Math.min(firstPts, ...tracks.map((track) => track.startSeconds)));
  const zero = firstPts < 0 ? micro(firstPts) : Math.max(0, earliest);
  // In a transport stream ffmpeg takes an offset that is exactly the file's start for its own, and moves it to the first mapped stream.
  return zero === startMicroseconds ? zero - 1 : zero;
}

function audioArgs({ index, handling }: AudioTrack, i: number, { titles }: SourceTags): string[] {
  const title = titles.get(index);
  const metadata = [`-map_metadata:s:a:${i}`, `1:s:${index}`, ...(title ? [`-metadata:s:a:${i}`, `handler_name=${title}`] : [])];
  if (handling.kind === 'copy') return [`-c:a:${i}`, 'copy', ...metadata];
  // Gaps are filled with silence: the encoder counts samples and would close them otherwise.
  return [`-c:a:${i}`, 'aac', `-b:a:${i}`, String(handling.bitRate), `-filter:a:${i}`, 'aresample=async=1', ...metadata];
}
