import { type Container, type Contents, contentTrackSchema } from '../../job/contents.js';
import type { FileContents } from '../source/fileContents.js';
import { streamsOf } from '../source/programs.js';
import { CONTAINERS } from './containers.js';
import { planAudio } from './planAudio.js';
import { planFiles } from './planFiles.js';
import { nameOf, type PlannedTrack, type PlanRequest, taken } from './plannedTrack.js';
import { planSubtitles } from './planSubtitles.js';
import { planTags } from './planTags.js';
import { micro, timeOriginOf } from './timeOrigin.js';
import { packetsWithin, type Trim } from './trimTracks.js';

export interface MergePlan {
  contents: Contents;
  /** The same tracks as in `contents`, in the same order. */
  tracks: PlannedTrack[];
  /** Tags to write; `contents.tags` are those of them that come back letter for letter. */
  tags: Record<string, string>;
  /** The time of the source's clock that becomes zero, in microseconds. */
  zero: number;
  /** What is converted or left out, each in one line for the user. */
  warnings: string[];
}

/** Decides what the deliverable holds. Whatever the source has is kept, converted, or named in a warning. */
export async function planContents(asked: PlanRequest): Promise<MergePlan> {
  const { container, firstPts, program } = asked;
  const source = ofProgram(asked.source, program);
  const request = { ...asked, source };
  const within = request.cut && (await packetsWithin(request.file, request.cut, request.signal));
  const audio = await planAudio(request, within);
  const subtitles = planSubtitles(source, container, within);
  const files = planFiles(source, container);
  const tags = planTags(source.tags, container);
  const warnings = [
    ...audio.warnings,
    ...subtitles.warnings,
    ...files.warnings,
    ...otherPrograms(asked),
    ...otherVideos(request),
    ...dataStreams(source),
    ...tags.warnings,
  ];
  const fitting = [planVideo(request), ...audio.tracks, ...subtitles.tracks, ...files.tracks].map((track) =>
    fit(track, container, warnings),
  );
  const tracks = container === 'mp4' ? withDefaults(fitting) : fitting;
  const zero = timeOriginOf(request, audio.starts);
  const clip = (time: number): number => Math.max(time, zero / 1e6) - firstPts;
  return {
    contents: {
      container,
      tracks: tracks.map((track) => contentOf(track, clip)),
      chapters: planChapters(chaptersWithin(source, zero, request.cut), container, clip),
      tags: tags.exact,
    },
    tracks,
    tags: tags.written,
    zero,
    warnings,
  };
}

function planVideo({ source, video, videoCodec }: PlanRequest): PlannedTrack {
  const stream = source.streams.find(({ index }) => index === video);
  if (!stream) throw new Error(`the source has no stream ${video}`);
  return { kind: 'video', name: 'the video', codec: videoCodec, copied: false, encoder: 'copy', ...taken(stream) };
}

function contentOf(track: PlannedTrack, clip: (time: number) => number): Contents['tracks'][number] {
  // The schema leaves out what only the way there needs.
  return contentTrackSchema.parse({
    ...track,
    ...(track.startSeconds !== undefined && { startSeconds: clip(track.startSeconds) }),
  });
}

function otherVideos({ source, video }: PlanRequest): string[] {
  const videos = source.streams.filter(({ kind }) => kind === 'video');
  return videos
    .filter(({ index }) => index !== video)
    .map(
      (stream) => `${nameOf('video stream', stream, videos)} is left out: only the one that players show is upscaled`,
    );
}

/** What of a file belongs to one of its programmes, or to none at all. @param number undefined for all. */
export function ofProgram(contents: FileContents, number: number | undefined): FileContents {
  const { streams, programs } = contents;
  return number === undefined
    ? contents
    : {
        ...contents,
        streams: streamsOf(
          streams,
          programs,
          programs.find((program) => program.number === number),
        ),
      };
}

function otherPrograms({ source: { programs, streams }, program }: PlanRequest): string[] {
  return (program === undefined ? [] : programs)
    .filter(({ number }) => number !== program)
    .map(({ number, name, streams: indexes }) => {
      const codecs = streams
        .filter(({ index }) => indexes.includes(index))
        .map(({ codec }) => codec || 'unknown codec');
      return (
        `programme ${number} (${[...codecs, ...(name === undefined ? [] : [`"${name}"`])].join(', ')}) ` +
        `is left out: programme ${program} is upscaled, --program ${number} chooses this one`
      );
    });
}

function dataStreams({ streams, chapters }: FileContents): string[] {
  // MP4 holds chapters in a track of text.
  const data = streams.filter(({ kind, tag }) => kind === 'data' && !(tag === 'text' && chapters.length > 0));
  return data.map((stream, i) => {
    const what =
      stream.tag === 'tmcd'
        ? `timecode${stream.timecode === undefined ? '' : ` from ${stream.timecode}`}`
        : stream.codec || 'of unknown kind';
    return `data stream ${i + 1} of ${data.length} (${what}) is left out`;
  });
}

/** What the container can say of a track; what it cannot is told. */
function fit(track: PlannedTrack, container: Container, warnings: string[]): PlannedTrack {
  const { language, dispositions, ...rest } = track;
  const flags = CONTAINERS[container].dispositions(track.kind);
  const lost = dispositions.filter((flag) => !flags.has(flag));
  if (lost.length > 0)
    warnings.push(`${track.name} is marked ${lost.join(', ')}, which ${container.toUpperCase()} cannot say`);
  const fits = language !== undefined && (container === 'mkv' || /^[a-z]{3}$/.test(language));
  if (language !== undefined && !fits)
    warnings.push(`${track.name} is marked as ${language}: MP4 only knows languages of three letters`);
  return { ...rest, ...(fits && { language }), dispositions: dispositions.filter((flag) => flags.has(flag)) };
}

/** MP4 says which tracks are enabled, and of each kind at least one has to be: the first where the source has none. */
function withDefaults(tracks: PlannedTrack[]): PlannedTrack[] {
  return tracks.map((track, i) => {
    const first = track.kind !== 'cover' && tracks.findIndex(({ kind }) => kind === track.kind) === i;
    const none = !tracks.some(({ kind, dispositions }) => kind === track.kind && dispositions.includes('default'));
    return first && none ? { ...track, dispositions: ['default', ...track.dispositions] } : track;
  });
}

/** Those that are not over at zero, in microseconds, and of a part of a video those that have some time in it. */
export function chaptersWithin(
  { chapters }: FileContents,
  zero: number,
  cut: Trim | undefined,
): FileContents['chapters'] {
  if (!cut) return chapters.filter(({ endSeconds }) => micro(endSeconds) >= zero);
  const { from = -Infinity, to = Infinity } = cut;
  return chapters
    .filter(
      ({ startSeconds, endSeconds }) =>
        micro(endSeconds) > Math.max(zero, micro(from)) && micro(startSeconds) < micro(to),
    )
    .map((chapter) => ({ ...chapter, endSeconds: Math.min(chapter.endSeconds, to) }));
}

/** In MP4 a chapter lasts until the next one, and has a title. */
function planChapters(
  held: FileContents['chapters'],
  container: Container,
  clip: (time: number) => number,
): Contents['chapters'] {
  return held.map(({ startSeconds, endSeconds, title }, i) => {
    const next = held[i + 1];
    const name = title ?? (container === 'mp4' ? `Chapter ${i + 1}` : undefined);
    return {
      startSeconds: clip(startSeconds),
      endSeconds: clip(container === 'mp4' && next ? next.startSeconds : endSeconds),
      ...(name !== undefined && { title: name }),
    };
  });
}
