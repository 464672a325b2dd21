import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import { argv } from '../../lib/argv.js';
import { WorldError } from '../../lib/errors.js';
import { failureOf, Tail } from './toolFailure.js';
import { spawnTool } from './tools.js';

/** Where arguments print frames' timestamps, see `printPts` in frames.ts. */
export const PTS_FD = 3;
const PROGRESS_FD = 4;
/** A second input beside stdin. */
export const SIDE_FD = 5;
/** glibc fills memory that it hands out with the complement of this byte (mallopt(3), M_PERTURB). */
const ZEROED = { MALLOC_PERTURB_: '255' };

export interface FfmpegOptions {
  signal?: AbortSignal | undefined;
  /** Frames written so far, about twice a second. */
  onProgress?: (progress: { frame: number }) => void;
  /** Timestamps of the frames that pass `printPts`, in ticks and in order; NaN where a frame has none. */
  onPts?: (pts: number) => void;
  /** Lines that arguments write to PTS_FD; instead of `onPts`. */
  onPtsLine?: (line: string) => void;
  onStdoutLine?: (line: string) => void;
  /** `pipe`: the caller writes to the run's stdin. Default: none. */
  stdin?: 'pipe';
  /** `pipe`: the caller writes to a second pipe, SIDE_FD. Default: none. */
  side?: 'pipe';
  /** `pipe`: the caller reads the run's stdout. Default: none, unless `onStdoutLine` reads it. */
  stdout?: 'pipe';
  /**
   * New memory is filled with zeros, so that what a library reads before it has written there is the same in every
   * run. Only glibc does it.
   */
  zeroedMemory?: boolean;
}

export interface FfmpegResult {
  /** The last errors that were written to stderr, without those of ffmpeg's first look at its inputs. */
  stderrLines: string[];
  /** How many errors there were. */
  errors: number;
}

export interface FfmpegRun {
  /** Undefined unless asked for as a pipe. */
  stdin: Writable | undefined;
  side: Writable | undefined;
  stdout: Readable | undefined;
  /**
   * Fulfilled once ffmpeg has ended well and all its lines were handed over.
   * Rejected with the signal's reason when aborted, with DiskFull, ContentFailure or WorldError when ffmpeg fails.
   */
  done: Promise<FfmpegResult>;
}

/** Starts ffmpeg on arguments that name inputs, filters and outputs; what every call needs is added here. */
export function startFfmpeg(args: readonly string[], options: FfmpegOptions = {}): FfmpegRun {
  const {
    signal,
    onProgress,
    onPts,
    onPtsLine = onPts &&
      ((line: string) => {
        readPts(line, onPts);
      }),
    onStdoutLine,
  } = options;
  // `info` for the one line that says that the inputs are open; only errors are kept.
  const common = argv`-hide_banner -nostdin -nostats -loglevel repeat+level+info -progress pipe:${PROGRESS_FD}`;
  const child = spawnTool('ffmpeg', [...common, ...args], {
    stdio: [
      options.stdin ?? 'ignore',
      options.stdout ?? (onStdoutLine ? 'pipe' : 'ignore'),
      'pipe',
      onPtsLine ? 'pipe' : 'ignore',
      'pipe',
      options.side ?? 'ignore',
    ],
    buffer: false,
    ...(signal && { cancelSignal: signal }),
    ...(options.zeroedMemory && { env: ZEROED }),
  });
  const tail = new Tail();
  const readers = [
    eachLine(child.stdio[2], (line) => {
      tail.add(line);
    }),
    eachLine(child.stdio[PROGRESS_FD], (line) => {
      if (line.startsWith('frame=')) onProgress?.({ frame: Number(line.slice('frame='.length)) });
    }),
    ...(onPtsLine ? [eachLine(child.stdio[PTS_FD], onPtsLine)] : []),
    ...(onStdoutLine ? [eachLine(child.stdio[1], onStdoutLine)] : []),
  ];
  return {
    stdin: (options.stdin && child.stdin) ?? undefined,
    // Pipes beside the first three go both ways.
    side: options.side && ((child.stdio as readonly unknown[])[SIDE_FD] as Writable),
    stdout: (options.stdout && child.stdout) ?? undefined,
    done: finish('ffmpeg', child, readers, tail, signal),
  };
}

/** Runs ffmpeg to its end; see {@link startFfmpeg}. */
export function runFfmpeg(
  args: readonly string[],
  options: Omit<FfmpegOptions, 'stdin' | 'side' | 'stdout'> = {},
): Promise<FfmpegResult> {
  return startFfmpeg(args, options).done;
}

/** A look at a file's header takes below a second; far more than a disk that wakes up needs. */
const HEADER_MS = 120_000;

/**
 * What ffprobe finds out from a file's header and its first packets, as JSON.
 * @throws as {@link runFfprobe}, and WorldError when it takes two minutes: some damaged headers send it through the
 * whole file for each of their entries.
 */
export async function readHeader(args: readonly string[], signal: AbortSignal | undefined): Promise<unknown> {
  const lines: string[] = [];
  await runFfprobe(['-of', 'json', '-show_error', ...args], {
    signal,
    timeout: HEADER_MS,
    errorCode: () => errorCodeIn(lines),
    onLine: (line) => lines.push(line),
  });
  return JSON.parse(lines.join('\n'));
}

const failedSchema = z.object({ error: z.object({ code: z.number().int() }) });

function errorCodeIn(lines: readonly string[]): number | undefined {
  try {
    return failedSchema.parse(JSON.parse(lines.join('\n'))).error.code;
  } catch {
    // It was ended from outside, and wrote nothing whole.
    return undefined;
  }
}

/**
 * Runs ffprobe and hands over its output line by line, so that it may be of any length.
 * @param options.timeout in milliseconds; none without it.
 * @param options.errorCode reads from that output, once ffprobe has failed, the code of its error; see {@link
 * failureOf}.
 * @throws the signal's reason when aborted; ContentFailure with what ffprobe said when it fails by itself, else
 * WorldError.
 */
export function runFfprobe(
  args: readonly string[],
  options: {
    signal?: AbortSignal | undefined;
    timeout?: number;
    errorCode?: () => number | undefined;
    onLine: (line: string) => void;
  },
): Promise<FfmpegResult> {
  const { signal, timeout, errorCode, onLine } = options;
  const child = spawnTool('ffprobe', ['-hide_banner', '-loglevel', 'repeat+level+warning', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    buffer: false,
    ...(timeout !== undefined && { timeout }),
    ...(signal && { cancelSignal: signal }),
  });
  const tail = new Tail();
  const readers = [
    eachLine(child.stdio[1], onLine),
    eachLine(child.stdio[2], (line) => {
      tail.add(line);
    }),
  ];
  return finish('ffprobe', child, readers, tail, signal, errorCode);
}

/** What ffmpeg says about itself. @throws WorldError when it is killed or cannot be run. */
export async function ffmpegSays(...args: string[]): Promise<string> {
  try {
    return (await spawnTool('ffmpeg', ['-hide_banner', ...args], {})).stdout;
  } catch (error) {
    throw failureOf('ffmpeg', error, new Tail());
  }
}

async function finish(
  tool: string,
  child: PromiseLike<unknown> & { kill(): boolean },
  readers: Promise<void>[],
  tail: Tail,
  signal: AbortSignal | undefined,
  errorCode?: () => number | undefined,
): Promise<FfmpegResult> {
  const reading = Promise.all(readers);
  // A reader fails only when its callback does: the caller has seen enough.
  reading.catch(() => child.kill());
  const [ended, read] = await Promise.allSettled([child, reading]);
  signal?.throwIfAborted();
  if (read.status === 'rejected') throw read.reason;
  if (tail.askedToEnd) throw new WorldError(`${tool} was asked to end by a signal`);
  if (ended.status === 'rejected') throw failureOf(tool, ended.reason, tail, errorCode?.());
  return { stderrLines: tail.lines, errors: tail.count };
}

async function eachLine(stream: Readable | null, onLine: (line: string) => void): Promise<void> {
  if (!stream) return;
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) onLine(line);
}

function readPts(line: string, onPts: (pts: number) => void): void {
  const match = /^frame:\d+\s+pts:(\S+)/.exec(line);
  if (match) onPts(Number(match[1]));
}
