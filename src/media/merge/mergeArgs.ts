import { argv } from '../../lib/argv.js';
import { ON_TIME } from '../ffmpeg/onTime.js';
import { sourceInput } from '../ffmpeg/tools.js';
import type { Stretch } from '../source/editLists.js';
import type { MergeRequest } from './mergeRequest.js';
import type { MergePlan } from './planContents.js';
import type { PlannedTrack } from './plannedTrack.js';
import { micro } from './timeOrigin.js';
import { soundPackets, soundWithin, textPackets } from './trimTracks.js';

const seconds = (microseconds: number): string => (microseconds / 1e6).toFixed(6);

/**
 * @param covers files to attach, by the index of their stream in the source.
 * @param chapters a file of chapters to take instead of the source's.
 */
export function mergeArgs(
  request: Omit<MergeRequest, 'info' | 'audio'>,
  plan: MergePlan,
  covers: ReadonlyMap<number, string>,
  chapters?: string,
): string[] {
  const { video, source, firstPts, container, output, cut } = request;
  const end = cut?.to === undefined ? undefined : (micro(cut.to) - plan.zero) / 1e6;
  const mapped = plan.tracks.filter((track) => !covers.has(track.source));
  const attached = plan.tracks.filter((track) => covers.has(track.source));
  const inputs = [
    ['-itsoffset', seconds(micro(firstPts) - plan.zero), ...sourceInput(video)],
    argv`-itsoffset ${seconds(-plan.zero)} -max_error_rate 1 ${plan.tracks.flatMap(readAs)} ${sourceInput(source)}`,
  ];
  const another = (...args: string[]): number => inputs.push(args) - 1;
  const edited = plan.tracks.some(({ stretches }) => stretches)
    ? another('-ignore_editlist', '1', '-max_error_rate', '1', ...sourceInput(source))
    : 1;
  const chaptersFrom =
    chapters === undefined ? 1 : another('-protocol_whitelist', 'file', '-f', 'ffmetadata', '-i', `file:${chapters}`);
  const streamOf = ({ kind, source: index, stretches, converted }: PlannedTrack): string => {
    if (kind === 'video') return '0:v:0';
    if (converted !== undefined) return `${another('-itsoffset', seconds(-plan.zero), ...sourceInput(converted))}:0`;
    return `${stretches ? edited : 1}:${index}`;
  };
  const maps = mapped.flatMap((track) => ['-map', streamOf(track)]);
  return [
    '-copyts',
    ...inputs.flat(),
    ...maps,
    ...attached.flatMap((track) => ['-attach', `file:${covers.get(track.source) ?? ''}`]),
    ...videoArgs(request),
    // What is kept of the source's words is written explicitly; the rest is about the old file.
    ...argv`-map_metadata -1 -map_chapters ${chaptersFrom}`,
    ...[...mapped, ...attached].flatMap((track, i) =>
      trackArgs(track, i, { container, zero: plan.zero, cut: cut !== undefined, end }),
    ),
    ...Object.entries(plan.tags).flatMap(([name, value]) => ['-metadata', `${name}=${value}`]),
    ...plan.contents.chapters.flatMap(({ title }, i) =>
      title === undefined ? [] : [`-metadata:c:${i}`, `title=${title}`],
    ),
    // Sound that begins late must not make the muxer give up on the pictures that wait for it.
    '-max_muxing_queue_size',
    '100000',
    ...(container === 'mp4' ? MP4 : ['-f', 'matroska']),
    '-y',
    `file:${output}`,
  ];
}

/** Where text is not UTF-8, the reader has to be told what it is: of other bytes it drops the line. */
const readAs = ({ source, charenc, converted }: PlannedTrack): string[] =>
  charenc === undefined || converted !== undefined ? [] : [`-sub_charenc:${source}`, charenc];

export const MP4 = [
  // Edit lists hold the offsets between streams in this timescale: 1/1000 by default, which is too coarse.
  ...argv`-movie_timescale 90000 -movflags +faststart`,
  // FLAC in MP4 counts as experimental in ffmpeg.
  ...argv`-strict experimental -f mp4`,
];

/**
 * The ticks that a track will have are said early: filters of packets take the source's for them otherwise. Sound in
 * MP4 counts samples.
 */
const ticksOf = (i: number, container: MergeRequest['container'], sampleRate = 1000): string[] => [
  `-time_base:${i}`,
  `1/${container === 'mkv' ? 1000 : sampleRate}`,
];

function videoArgs({
  container,
  constantRate,
  reorderSeconds,
  lastDuration,
}: Pick<MergeRequest, 'container' | 'constantRate' | 'reorderSeconds' | 'lastDuration'>): string[] {
  return [
    ...(container === 'mkv' ? ticksOf(0, container) : []),
    // Matroska holds the rate beside its times; otherwise it would be the average, in which the last frame counts.
    ...(container === 'mkv' && constantRate ? ['-r:v:0', `${constantRate.num}/${constantRate.den}`] : []),
    // Where frames are reordered, libavformat reads the average duration for every packet; the track's end comes from
    // it. It also derives how early decoding begins without the last two packets, so that is said here. Of rounded
    // times one may be decoded after it is shown, and would be moved: a millisecond earlier is safe, and not written.
    '-bsf:v:0',
    `setts=pts=PTS:dts=DTS-STARTDTS+STARTPTS-round(${reorderSeconds}/TB)-${container === 'mkv' ? 1 : 0}:` +
      `duration=round(${lastDuration}/TB)`,
  ];
}

/** The encoder counts samples. */
const FILLED = `aresample=${ON_TIME}`;

/**
 * Cuts what an edit list presents out of the whole media and joins it, to the sample; ffmpeg's own reading of edit
 * lists keeps whole packets.
 */
function joined(stretches: readonly Stretch[], zero: number): string {
  const start = (stretches[0]?.pause ?? 0) - zero / 1e6;
  const split = stretches.map((_, i) => `[whole${i}]`).join('');
  const pieces = stretches.map(
    ({ pause, start: from, end }, i) =>
      [
        `[whole${i}]atrim=start=${from}${Number.isFinite(end) ? `:end=${end}` : ''}`,
        'asetpts=PTS-STARTPTS',
        ...(i > 0 && pause > 0 ? [`adelay=${pause * 1000}:all=1`] : []),
      ].join(',') + `[piece${i}]`,
  );
  return [
    `${FILLED},asplit=${stretches.length}${split}`,
    ...pieces,
    `${stretches.map((_, i) => `[piece${i}]`).join('')}concat=n=${stretches.length}:v=0:a=1,` +
      `asetpts=PTS-STARTPTS+${start}/TB`,
  ].join(';');
}

interface Around {
  container: MergeRequest['container'];
  zero: number;
  /** Whether only a part of the source is taken, and when it ends, in seconds after zero. */
  cut: boolean;
  end: number | undefined;
}

function trackArgs(track: PlannedTrack, i: number, { container, zero, cut, end }: Around): string[] {
  const { kind, bitRate, language, title, mimeType, dispositions, stretches, late, steady } = track;
  const encoder = track.converted === undefined ? track.encoder : 'copy';
  const packets = [
    ...(kind === 'audio' && encoder === 'copy' ? soundPackets(container, { steady, end }) : []),
    ...(kind === 'subtitle' && cut ? textPackets(end) : []),
    ...(late ? [`setts=ts=TS+round(${late}/TB)`] : []),
  ];
  const trim =
    steady !== undefined || end !== undefined
      ? [soundWithin({ ...(steady !== undefined && { from: 0 }), ...(end !== undefined && { to: end }) })]
      : [];
  const say = (name: string, value: string | undefined): string[] =>
    value === undefined ? [] : [`-metadata:s:${i}`, `${name}=${value}`];
  const isFile = mimeType !== undefined;
  return [
    `-c:${i}`,
    encoder,
    ...(bitRate === undefined ? [] : [`-b:${i}`, String(bitRate)]),
    ...(kind === 'audio' && encoder !== 'copy'
      ? [`-filter:${i}`, [stretches ? joined(stretches, zero) : FILLED, ...trim].join(',')]
      : []),
    ...(packets.length > 0 ? [...ticksOf(i, container, track.sampleRate), `-bsf:${i}`, packets.join(',')] : []),
    ...say('language', language),
    ...(isFile
      ? [...say('filename', title), ...say('mimetype', mimeType)]
      : say(container === 'mp4' ? 'handler_name' : 'title', title)),
    ...(isFile ? [] : [`-disposition:${i}`, kind === 'cover' ? 'attached_pic' : dispositions.join('+') || '0']),
  ];
}
