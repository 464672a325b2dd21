import type { Container } from '../../job/contents.js';
import type { Clip } from '../../job/range.js';
import { runFfprobe } from '../ffmpeg/runFfprobe.js';
import { sourceInput } from '../ffmpeg/tools.js';

/**
 * What is taken of a source's sound, subtitles and chapters: from where the first frame is shown, to where the last
 * one ends.
 */
export type Trim = Clip['cut'];

/** Packets of one stream that are presented within a cut. */
export interface Within {
  /** When the first of them begins; before the cut where it is the one that is presented then. */
  first: number;
  /** When the first one begins that lies behind the beginning of the cut. */
  whole: number | undefined;
  /** When the one behind that begins. */
  next: number | undefined;
  /** When the packet begins from which on the stream leads to the first one without a pause. */
  steady: number;
}

/**
 * By what copied sound begins earlier than it is heard, in seconds: what decoders need to be in step. Opus asks for 80
 * ms, low rates of MP3 for 130.
 */
const PREROLL = 0.2;
/** In seconds: what clocks round away. */
const ROUNDING = 0.000_5;
/**
 * In seconds: from what on packets that follow each other have a pause between them. Rounded durations come to less.
 */
const PAUSE = 0.002;

/**
 * Reads all packets of a file, without decoding them. @returns streams without a packet in the cut are missing; by
 * index.
 */
export async function packetsWithin(
  file: string,
  { from = -Infinity, to = Infinity }: Trim,
  signal?: AbortSignal,
): Promise<Map<number, Within>> {
  const found = new Map<number, Within>();
  const before = new Map<number, { start: number; steady: number }>();
  const onLine = (line: string): void => {
    const [index, start, duration] = line.split(',').map((text) => Number.parseFloat(text)) as [
      number,
      number,
      number,
    ];
    if (Number.isNaN(start) || start >= to - ROUNDING) return;
    const known = found.get(index);
    const last = before.get(index);
    // A packet's duration may hold the pause behind it, so that it is the next one's that counts.
    const steady = last && start - last.start <= duration + PAUSE ? last.steady : start;
    if (!known) before.set(index, { start, steady });
    const inside = start >= from - ROUNDING;
    if (!inside && !(start + duration > from + ROUNDING)) return;
    if (!known) found.set(index, { first: start, whole: inside ? start : undefined, next: undefined, steady });
    else if (known.whole !== undefined) known.next ??= start;
    else if (inside) known.whole = start;
  };
  await runFfprobe(
    ['-show_entries', 'packet=stream_index,pts_time,duration_time', '-of', 'csv=p=0', ...sourceInput(file)],
    { signal, onLine },
  );
  return found;
}

/**
 * Bitstream filters for copied sound of which what lies before zero is not presented, and that ends at a time in
 * seconds. MP4 marks what is not presented, Matroska has no times before zero.
 * @param steady when the packet begins from which on there is no pause before zero, in seconds; undefined for sound
 * that begins behind zero. Players that skip what is not presented count its samples: a pause among them would be
 * taken from what is.
 */
export function soundPackets(
  container: Container,
  { steady, end }: { steady: number | undefined; end: number | undefined },
): string[] {
  const early =
    container === 'mp4'
      ? [`lt((pts+duration)*tb\\,${-PREROLL})`, `lt(pts*tb\\,${(steady ?? 0) - ROUNDING})`]
      : [`lt(pts*tb\\,${-ROUNDING})`];
  return dropped([...(steady === undefined ? [] : early), ...late(end)]);
}

/**
 * Bitstream filters for copied subtitles: what is on the screen at zero begins there, and what is on it at the end, in
 * seconds, ends there.
 */
export function textPackets(end: number | undefined): string[] {
  const over = `lt(pts*tb\\,${-ROUNDING})*lte((pts+duration)*tb\\,${ROUNDING})`;
  const last = end === undefined ? 'TS+DURATION' : `min(TS+DURATION\\,${end}/TB)`;
  return [...dropped([over, ...late(end)]), `setts=ts=max(TS\\,0):duration=${last}-max(TS\\,0)`];
}

/** ffmpeg's `-t` would stop a stream without the packet that `setts` still holds. */
const late = (end: number | undefined): string[] => (end === undefined ? [] : [`gte(pts*tb\\,${end - ROUNDING})`]);
const dropped = (conditions: readonly string[]): string[] =>
  conditions.length === 0 ? [] : [`noise=drop=${conditions.join('+')}`];

/** The filter for sound that is decoded, exact to the sample. */
export const soundWithin = ({ from, to }: Trim): string =>
  `atrim=${[...(from === undefined ? [] : [`start=${from}`]), ...(to === undefined ? [] : [`end=${to}`])].join(':')}`;

/** Chapters for ffmpeg to take instead of a source's; times in seconds after zero. Titles are given by themselves. */
export const chapterFile = (chapters: readonly { startSeconds: number; endSeconds: number }[]): string =>
  [
    ';FFMETADATA1',
    ...chapters.flatMap(({ startSeconds, endSeconds }) => [
      '[CHAPTER]',
      'TIMEBASE=1/1000000',
      `START=${Math.round(startSeconds * 1e6)}`,
      `END=${Math.round(endSeconds * 1e6)}`,
    ]),
  ].join('\n') + '\n';
