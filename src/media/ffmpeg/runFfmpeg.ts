import type { Readable, Writable } from 'node:stream';
import { argv } from '../../lib/argv.js';
import { failureOf, Tail } from './toolFailure.js';
import { eachLine, finish, type ToolResult } from './toolRun.js';
import { spawnTool } from './tools.js';

/** Where arguments print frames' timestamps, see `printPts` in picture/frameSource.ts. */
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
  /**
   * `pipe`: the caller reads the run's stdout. A pipe to another process: ffmpeg writes to it itself. Default: none,
   * unless `onStdoutLine` reads it.
   */
  stdout?: 'pipe' | Writable;
  /**
   * New memory is filled with zeros, so that what a library reads before it has written there is the same in every
   * run. Only glibc does it.
   */
  zeroedMemory?: boolean;
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
  done: Promise<ToolResult>;
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
    stdout: (options.stdout === 'pipe' && child.stdout) || undefined,
    done: finish('ffmpeg', child, readers, tail, signal),
  };
}

/** Runs ffmpeg to its end; see {@link startFfmpeg}. */
export function runFfmpeg(
  args: readonly string[],
  options: Omit<FfmpegOptions, 'stdin' | 'side' | 'stdout'> & { stdout?: Writable } = {},
): Promise<ToolResult> {
  return startFfmpeg(args, options).done;
}

/** What ffmpeg says about itself. @throws WorldError when it is killed or cannot be run. */
export async function ffmpegSays(...args: string[]): Promise<string> {
  try {
    return (await spawnTool('ffmpeg', ['-hide_banner', ...args], {})).stdout;
  } catch (error) {
    throw failureOf('ffmpeg', error, new Tail());
  }
}

function readPts(line: string, onPts: (pts: number) => void): void {
  const match = /^frame:\d+\s+pts:(\S+)/.exec(line);
  if (match) onPts(Number(match[1]));
}
