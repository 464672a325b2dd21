import type { Stretch } from './editLists.js';
import type { MergeRequest } from './merge.js';
import type { MergePlan } from './planContents.js';
import type { PlannedTrack } from './plannedTrack.js';
import { sourceInput } from './tools.js';
import { micro } from './zero.js';

const seconds = (microseconds: number): string => (microseconds / 1e6).toFixed(6);

/** @param covers files to attach, by the index of their stream in the source. */
export function mergeArgs(request: Omit<MergeRequest, 'info' | 'audio'>, plan: MergePlan, covers: ReadonlyMap<number, string>): string[] {
  const { video, source, firstPts, container, output } = request;
  const mapped = plan.tracks.filter((track) => !covers.has(track.source));
  const attached = plan.tracks.filter((track) => covers.has(track.source));
  return [
    '-copyts',
    '-itsoffset', seconds(micro(firstPts) - plan.zero), ...sourceInput(video),
    '-itsoffset', seconds(-plan.zero), '-max_error_rate', '1', ...sourceInput(source),
    ...(mapped.some(({ stretches }) => stretches) ? ['-ignore_editlist', '1', '-max_error_rate', '1', ...sourceInput(source)] : []),
    ...mapped.flatMap(({ kind, source: index, stretches }) => ['-map', kind === 'video' ? '0:v:0' : `${stretches ? 2 : 1}:${index}`]),
    ...attached.flatMap((track) => ['-attach', `file:${covers.get(track.source) ?? ''}`]),
    ...videoArgs(request),
    // What is kept of the source's words is written explicitly; the rest is about the old file.
    '-map_metadata', '-1', '-map_chapters', '1',
    ...[...mapped, ...attached].flatMap((track, i) => trackArgs(track, i, container, plan.zero)),
    ...Object.entries(plan.tags).flatMap(([name, value]) => ['-metadata', `${name}=${value}`]),
    ...plan.contents.chapters.flatMap(({ title }, i) => (title === undefined ? [] : [`-metadata:c:${i}`, `title=${title}`])),
    // Sound that begins late must not make the muxer give up on the pictures that wait for it.
    '-max_muxing_queue_size', '100000',
    ...(container === 'mp4' ? MP4 : ['-f', 'matroska']),
    '-y', `file:${output}`,
  ];
}

const MP4 = [
  // Edit lists hold the offsets between streams in this timescale: 1/1000 by default, which is too coarse.
  '-movie_timescale', '90000', '-movflags', '+faststart',
  // FLAC in MP4 counts as experimental in ffmpeg.
  '-strict', 'experimental', '-f', 'mp4',
];

/** The ticks that Matroska will have are said early: `setts` takes the source's for them otherwise. */
const milliseconds = (i: number): string[] => [`-time_base:${i}`, '1/1000'];

function videoArgs({ container, constantRate, reorderSeconds, lastDuration }: Pick<MergeRequest, 'container' | 'constantRate' | 'reorderSeconds' | 'lastDuration'>): string[] {
  return [
    ...(container === 'mkv' ? milliseconds(0) : []),
    // Matroska holds the rate beside its times; otherwise it would be the average, in which the last frame counts.
    ...(container === 'mkv' && constantRate ? ['-r:v:0', `${constantRate.num}/${constantRate.den}`] : []),
    // Where frames are reordered, libavformat reads the average duration for every packet; the track's end comes from it. It also
    // derives how early decoding begins without the last two packets, so that is said here. Of rounded times one may be decoded after it
    // is shown, and would be moved: a millisecond earlier is safe, and not written.
    '-bsf:v:0', `setts=pts=PTS:dts=DTS-STARTDTS+STARTPTS-round(${reorderSeconds}/TB)-${container === 'mkv' ? 1 : 0}:duration=round(${lastDuration}/TB)`,
  ];
}

/** Gaps are filled with silence: the encoder counts samples and would close them otherwise. */
const FILLED = 'aresample=async=1';

/** Cuts what an edit list presents out of the whole media and joins it, to the sample; ffmpeg's own reading of edit lists keeps whole packets. */
function joined(stretches: readonly Stretch[], zero: number): string {
  const start = (stretches[0]?.pause ?? 0) - zero / 1e6;
  const split = stretches.map((_, i) => `[whole${i}]`).join('');
  const pieces = stretches.map(({ pause, start: from, end }, i) => [
    `[whole${i}]atrim=start=${from}${Number.isFinite(end) ? `:end=${end}` : ''}`, 'asetpts=PTS-STARTPTS', ...(i > 0 && pause > 0 ? [`adelay=${pause * 1000}:all=1`] : []),
  ].join(',') + `[piece${i}]`);
  return [`${FILLED},asplit=${stretches.length}${split}`, ...pieces, `${stretches.map((_, i) => `[piece${i}]`).join('')}concat=n=${stretches.length}:v=0:a=1,asetpts=PTS-STARTPTS+${start}/TB`].join(';');
}

function trackArgs(track: PlannedTrack, i: number, container: MergeRequest['container'], zero: number): string[] {
  const { kind, encoder, bitRate, language, title, mimeType, dispositions, stretches, late } = track;
  const say = (name: string, value: string | undefined): string[] => (value === undefined ? [] : [`-metadata:s:${i}`, `${name}=${value}`]);
  const isFile = mimeType !== undefined;
  return [
    `-c:${i}`, encoder,
    ...(bitRate === undefined ? [] : [`-b:${i}`, String(bitRate)]),
    ...(kind === 'audio' && encoder !== 'copy' ? [`-filter:${i}`, stretches ? joined(stretches, zero) : FILLED] : []),
    ...(late ? [...milliseconds(i), `-bsf:${i}`, `setts=ts=TS+round(${late}/TB)`] : []),
    ...say('language', language),
    ...(isFile ? [...say('filename', title), ...say('mimetype', mimeType)] : say(container === 'mp4' ? 'handler_name' : 'title', title)),
    ...(isFile ? [] : [`-disposition:${i}`, kind === 'cover' ? 'attached_pic' : dispositions.join('+') || '0']),
  ];
}
