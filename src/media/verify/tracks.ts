import type { Trim } from '../merge/trimTracks.js';
import { lagOf } from './lag.js';
import type { Check } from './report.js';
import { listen, packetsEnd, type Stretch } from './sound.js';

export interface SoundRequest {
  file: string;
  /** When its first frame is shown and its last one ends, in seconds of its own clock. */
  first: number;
  seconds: number;
  /** `cut`: what is taken of it. Default: all. */
  source: { file: string; first: number; cut?: Trim | undefined };
  /** Pairs of tracks. */
  tracks: readonly SoundPair[];
  signal?: AbortSignal | undefined;
}

export interface SoundPair {
  /** Indexes of the streams in the file and in the source. */
  stream: number;
  source: number;
  /** False where it was encoded anew. */
  copied: boolean;
  /**
   * When its first sample is planned to be presented, in seconds after the first frame. It may also be when the
   * source's is: decoders hold back what a header counts.
   */
  startSeconds?: number | undefined;
}

export interface SoundResult {
  checks: Check[];
  problems: string[];
  warnings: string[];
}

/** A millisecond, and what containers that count in milliseconds round away, in seconds. */
const TOLERANCE = 0.001_501;
/**
 * An encoder works in blocks: converted sound may begin with a part of its priming and end with the rest of its last
 * block, AAC's of 1024 samples.
 */
const BLOCK = 1024;
/**
 * In seconds: a packet is copied whole, though a part of the video or the sound itself ends within it. Opus has the
 * longest.
 */
const LONGEST_PACKET = 0.12;
/** Lags of what is heard that correlation may make up, in seconds. */
const LAG = 0.004;
const STRETCHES = 6;
const STRETCH_SECONDS = 8;

/**
 * Decodes every audio track of a file and of its source, and compares when they begin and end in relation to the
 * picture, and what is heard when.
 */
export async function checkSound(request: SoundRequest): Promise<SoundResult> {
  const result: SoundResult = { checks: [], problems: [], warnings: [] };
  for (const [i, track] of request.tracks.entries()) await checkTrack(request, track, `audio track ${i + 1}`, result);
  return result;
}

async function checkTrack(
  request: SoundRequest,
  track: SoundPair,
  name: string,
  { checks, problems, warnings }: SoundResult,
): Promise<void> {
  const { file, first, source, signal } = request;
  const stretches = stretchesOf(request.seconds);
  const from = (origin: number): Stretch[] =>
    stretches.map((stretch) => ({ ...stretch, from: stretch.from + origin }));
  const is = await listen(file, track.stream, from(first), { signal });
  const wanted = await listen(source.file, track.source, from(source.first), { cut: cutOf(source, track), signal });
  if (is.errors > 0)
    warnings.push(`decoding ${name} gave ${is.errors} error${is.errors === 1 ? '' : 's'}: ${is.lines[0] ?? ''}`);
  // Sound that is damaged in the source ends where its decoder gives up, and copied sound may do so elsewhere.
  const found = is.errors + wanted.errors > 0 ? warnings : problems;
  const add = (check: Check, problem: string): void => {
    checks.push(check);
    if (!check.ok) found.push(problem);
  };
  if (is.start === undefined || is.end === undefined || wanted.start === undefined || wanted.end === undefined) {
    add({ name: `${name}: sound`, ok: false, measured: 'none decodes', expected: 'sound' }, `${name} gives no sound`);
    return;
  }
  const block = track.copied ? 0 : BLOCK / Math.min(is.sampleRate, wanted.sampleRate);
  const start = {
    is: is.start - first,
    wanted: track.startSeconds ?? wanted.start - source.first,
    source: wanted.start - source.first,
  };
  add(
    {
      name: `${name}: start`,
      ok: [start.wanted, start.source].some((time) => isWithin(start.is - time, -block, 0)),
      measured: offset(start.is),
      expected: offset(start.wanted),
    },
    `${name} begins ${offset(start.is)} instead of ${offset(start.wanted)}`,
  );
  const end = { is: is.end - first, wanted: wanted.end - source.first };
  const rest = track.copied && source.cut?.to !== undefined ? LONGEST_PACKET : block;
  add(
    {
      name: `${name}: end`,
      ok: isWithin(end.is - end.wanted, 0, rest) || (track.copied && (await isPadding(request, track, end))),
      measured: `${end.is.toFixed(3)} s`,
      expected: `${end.wanted.toFixed(3)} s`,
    },
    `${name} ends at ${end.is.toFixed(3)} s instead of ${end.wanted.toFixed(3)} s`,
  );
  const lags = stretches.map((_, i) => lagOf(wanted.envelopes[i] as Float32Array, is.envelopes[i] as Float32Array));
  const heard = lags.flatMap((lag) => (typeof lag === 'object' ? [lag.seconds] : []));
  const worst = heard.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
  const different = lags.filter((lag) => lag === 'different').length;
  add(
    {
      name: `${name}: what is heard`,
      ok: Math.abs(worst) <= LAG && different <= heard.length,
      measured: described(lags, worst, heard.length, different),
      expected: "the source's, at the same time",
    },
    Math.abs(worst) > LAG
      ? `what is heard in ${name} is ${offset(worst).replace(' the first frame', '')} the source's`
      : `what is heard in ${name} is not the source's`,
  );
}

/**
 * Whether the ends of copied sound differ only in what fills the encoder's last block. Containers say how much that is
 * in different ways, and which of them are written and heeded differs by the version of ffmpeg. All packets are there,
 * and nothing is missing of what the source says is heard.
 */
async function isPadding(
  { file, first, source, signal }: SoundRequest,
  track: SoundPair,
  decoded: { is: number; wanted: number },
): Promise<boolean> {
  const [is, wanted] = [
    await packetsEnd(file, track.stream, signal),
    await packetsEnd(source.file, track.source, signal),
  ];
  if (is === undefined || wanted === undefined) return false;
  const end = wanted - source.first;
  const heard = Math.min(end, decoded.wanted);
  return (
    isWithin(is - first - end, 0, 0) &&
    isWithin(heard - end, -LONGEST_PACKET, 0) &&
    [decoded.is, decoded.wanted].every((time) => isWithin(time, heard, end + LONGEST_PACKET))
  );
}

/** What is taken of a track: a copy that begins with a whole packet does so later than the part. */
function cutOf({ first, cut }: SoundRequest['source'], { copied, startSeconds = 0 }: SoundPair): Trim | undefined {
  return cut?.from === undefined || !copied ? cut : { ...cut, from: Math.max(cut.from, first + startSeconds) };
}

const isWithin = (value: number, from: number, to: number): boolean =>
  value >= from - TOLERANCE && value <= to + TOLERANCE;

function described(lags: readonly unknown[], worst: number, heard: number, different: number): string {
  if (heard + different === 0)
    return lags.every((lag) => lag === 'silent') ? 'silent: cannot be judged' : 'too even to be judged';
  if (different > heard) return `${different} of ${lags.length} stretches are something else`;
  return `at most ${Math.abs(worst * 1000).toFixed(1)} ms apart in ${heard} stretch${heard === 1 ? '' : 'es'}`;
}

/** `0.100 s after the first frame` */
const offset = (seconds: number): string =>
  `${Math.abs(seconds).toFixed(3)} s ${seconds < 0 ? 'before' : 'after'} the first frame`;

/** Stretches spread over the video. */
function stretchesOf(seconds: number): Stretch[] {
  const count = Math.min(STRETCHES, Math.max(1, Math.floor(seconds / STRETCH_SECONDS)));
  const length = Math.min(STRETCH_SECONDS, Math.max(seconds, 0.5));
  return Array.from({ length: count }, (_, i) => ({
    from: count === 1 ? 0 : (i * (seconds - length)) / (count - 1),
    seconds: length,
  }));
}
