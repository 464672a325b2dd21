import type { Chapter, Contents, ContentTrack } from '../../job/contents.js';
import type { FileContents, FileStream } from '../source/fileContents.js';

/**
 * What a file holds otherwise than it should, each in one line; times of sound, which a header does not tell, are not
 * looked at.
 */
export function checkContents(file: FileContents, expected: Contents): string[] {
  return [
    ...checkTracks(file.streams, expected.tracks),
    ...checkChapters(file, expected),
    ...checkTags(file.tags, expected.tags),
  ];
}

const KINDS = ['video', 'audio', 'subtitle', 'attachment', 'cover'] as const;

function checkTracks(streams: FileStream[], tracks: ContentTrack[]): string[] {
  return KINDS.flatMap((kind) => {
    const is = streams.filter((stream) => stream.kind === kind);
    const wanted = tracks.filter((track) => track.kind === kind);
    if (is.length !== wanted.length) return [`it has ${is.length} ${kind} tracks instead of ${wanted.length}`];
    return wanted.flatMap((track, i) =>
      differences(is[i] as FileStream, track).map((text) => `${kind} track ${i + 1} ${text}`),
    );
  });
}

function differences(is: FileStream, wanted: ContentTrack): string[] {
  const problems: string[] = [];
  const compare = (what: string, got: string | undefined, want: string | undefined): void => {
    if (got !== want)
      problems.push(
        `has ${what} ${got === undefined ? 'none' : JSON.stringify(got)} ` +
          `instead of ${want === undefined ? 'none' : JSON.stringify(want)}`,
      );
  };
  compare('the codec', is.codec, wanted.codec);
  compare('the language', is.language, wanted.language);
  // A writer that was given no title puts its own name there.
  if (wanted.title !== undefined) compare('the title', is.handler === undefined ? is.title : is.handler, wanted.title);
  compare('the marks', is.dispositions.join(' '), wanted.dispositions.join(' '));
  return problems;
}

/** In seconds: the containers hold chapters in 1/90000 s and in nanoseconds. */
const CHAPTER_TOLERANCE = 0.0005;

function checkChapters({ chapters, streams }: FileContents, expected: Contents): string[] {
  if (chapters.length !== expected.chapters.length)
    return [`it has ${chapters.length} chapters instead of ${expected.chapters.length}`];
  const zero = streams.find(({ kind }) => kind === 'video')?.startSeconds ?? 0;
  const far = (a: number, b: number): boolean => Math.abs(a - zero - b) > CHAPTER_TOLERANCE;
  return expected.chapters.flatMap((wanted: Chapter, i) => {
    const { startSeconds, endSeconds, title } = chapters[i] as FileContents['chapters'][number];
    if (title !== wanted.title)
      return [`chapter ${i + 1} is called ${JSON.stringify(title)} instead of ${JSON.stringify(wanted.title)}`];
    if (!far(startSeconds, wanted.startSeconds) && !far(endSeconds, wanted.endSeconds)) return [];
    return [
      `chapter ${i + 1} goes from ${(startSeconds - zero).toFixed(3)} to ${(endSeconds - zero).toFixed(3)} s ` +
        `instead of from ${wanted.startSeconds.toFixed(3)} to ${wanted.endSeconds.toFixed(3)} s`,
    ];
  });
}

function checkTags(is: Record<string, string>, wanted: Record<string, string>): string[] {
  return Object.entries(wanted).flatMap(([name, value]) =>
    is[name] === value ? [] : [`the tag ${name} is ${JSON.stringify(is[name])} instead of ${JSON.stringify(value)}`],
  );
}
