import type { Container, ContentTrack } from '../../job/contents.js';
import type { Stretch } from '../source/editLists.js';
import type { FileContents, FileStream } from '../source/fileContents.js';
import type { Trim, Within } from './trimTracks.js';

/** A track of the deliverable and how it gets there. */
export interface PlannedTrack extends ContentTrack {
  /** For people: `audio track 2 of 3 (ac3, deu, "Commentary")`. */
  name: string;
  /** ffmpeg's name of the encoder, or `copy`. */
  encoder: string;
  /** Of encoded lossy sound, in bits a second. */
  bitRate?: number;
  mimeType?: string;
  /** Of sound. */
  sampleRate?: number;
  /** Of sound that an edit list cuts into pieces: what is heard of it, in order. */
  stretches?: Stretch[];
  /** Of text that is not UTF-8: its encoding, as iconv names it. */
  charenc?: string;
  /** A file that holds it alone, encoded already, on the source's clock. */
  converted?: string;
  /**
   * Where something before zero has to be cut off: when its last packets before zero begin that have no pause between
   * them, in seconds.
   */
  steady?: number;
  /** Seconds by which its packets have to be written later than they are. */
  late?: number;
}

/** `auto` converts what the container's players may not understand, `copy` never converts. */
export type AudioMode = 'auto' | 'copy';

export interface PlanRequest {
  file: string;
  source: FileContents;
  /** Index of the stream that was upscaled. */
  video: number;
  /** Number of its programme, where the source holds several. */
  program?: number | undefined;
  /** ffmpeg's name of the codec that it was encoded in. */
  videoCodec: string;
  /** When the first frame is shown, in seconds of the source's clock. */
  firstPts: number;
  container: Container;
  audio: AudioMode;
  /** Of a part of the source only. */
  cut?: Trim | undefined;
  signal?: AbortSignal | undefined;
}

/** The packets of each stream that lie in the cut; undefined where there is none. */
export type WithinCut = ReadonlyMap<number, Within> | undefined;

/** What a stream gives and what the user should know, each in one line. */
export interface Planned {
  tracks: PlannedTrack[];
  warnings: string[];
}

export function nameOf(what: string, stream: FileStream, among: readonly FileStream[]): string {
  const details = [stream.codec || 'unknown codec', stream.language, stream.title && `"${stream.title}"`].filter(
    (text) => text !== undefined && text !== '',
  );
  return `${what} ${among.indexOf(stream) + 1} of ${among.length} (${details.join(', ')})`;
}

/** The fields that a track takes over from its stream. */
export function taken({
  index,
  dispositions,
  language,
  title,
}: FileStream): Pick<PlannedTrack, 'source' | 'dispositions' | 'language' | 'title'> {
  return {
    source: index,
    dispositions,
    ...(language !== undefined && { language }),
    ...(title !== undefined && { title }),
  };
}
