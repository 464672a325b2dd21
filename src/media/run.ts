import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { ContentFailure, DiskFull, WorldError } from '../job/errors.js';
import { spawnTool } from './tools.js';

/** Where arguments print frames' timestamps, see `printPts` in frames.ts. */
export const PTS_FD = 3;
const PROGRESS_FD = 4;
/** A second input beside stdin. */
export const SIDE_FD = 5;
/** Lines of stderr that are kept: enough to see what went wrong, whatever a damaged file makes ffmpeg say. */
const TAIL_LINES = 20;
const LINE_LENGTH = 500;

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
  /** New memory is filled with zeros, so that what a library reads before it has written there is the same in every run. Only glibc does it. */
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
  const { signal, onProgress, onPts, onPtsLine = onPts && ((line: string) => { readPts(line, onPts); }), onStdoutLine } = options;
  // `info` for the one line that says that the inputs are open; only errors are kept.
  const common = ['-hide_banner', '-nostdin', '-nostats', '-loglevel', 'repeat+level+info', '-progress', `pipe:${PROGRESS_FD}`];
  const child = spawnTool('ffmpeg', [...common, ...args], {
    stdio: [options.stdin ?? 'ignore', options.stdout ?? (onStdoutLine ? 'pipe' : 'ignore'), 'pipe', onPtsLine ? 'pipe' : 'ignore', 'pipe', options.side ?? 'ignore'],
    buffer: false,
    ...(signal && { cancelSignal: signal }),
    ...(options.zeroedMemory && { env: ZEROED }),
  });
  const tail = new Tail();
  const readers = [
    eachLine(child.stdio[2], (line) => { tail.add(line); }),
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
export function runFfmpeg(args: readonly string[], options: Omit<FfmpegOptions, 'stdin' | 'side' | 'stdout'> = {}): Promise<FfmpegResult> {
  return startFfmpeg(args, options).done;
}

/** A look at a file's header takes below a second; far more than a disk that wakes up needs. */
const HEADER_MS = 120_000;

/**
 * What ffprobe finds out from a file's header and its first packets, as JSON.
 * @throws as {@link runFfprobe}, and WorldError when it takes two minutes: some damaged headers send it through the whole file for each of their entries.
 */
export async function readHeader(args: readonly string[], signal: AbortSignal | undefined): Promise<unknown> {
  const lines: string[] = [];
  await runFfprobe(['-of', 'json', ...args], { signal, timeout: HEADER_MS, onLine: (line) => lines.push(line) });
  return JSON.parse(lines.join('\n'));
}

/**
 * Runs ffprobe and hands over its output line by line, so that it may be of any length.
 * @param options.timeout in milliseconds; none without it.
 * @throws the signal's reason when aborted; ContentFailure with what ffprobe said when it fails by itself, else WorldError.
 */
export function runFfprobe(
  args: readonly string[],
  options: { signal?: AbortSignal | undefined; timeout?: number; onLine: (line: string) => void },
): Promise<FfmpegResult> {
  const { signal, timeout, onLine } = options;
  const child = spawnTool('ffprobe', ['-hide_banner', '-loglevel', 'repeat+level+warning', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    buffer: false,
    ...(timeout !== undefined && { timeout }),
    ...(signal && { cancelSignal: signal }),
  });
  const tail = new Tail();
  const readers = [eachLine(child.stdio[1], onLine), eachLine(child.stdio[2], (line) => { tail.add(line); })];
  return finish('ffprobe', child, readers, tail, signal);
}

/** What ffmpeg says about itself. @throws WorldError when it is killed or cannot be run. */
export async function ffmpegSays(...args: string[]): Promise<string> {
  try {
    return (await spawnTool('ffmpeg', ['-hide_banner', ...args], {})).stdout;
  } catch (error) {
    throw classify('ffmpeg', error, new Tail());
  }
}

async function finish(
  tool: string,
  child: PromiseLike<unknown> & { kill(): boolean },
  readers: Promise<void>[],
  tail: Tail,
  signal: AbortSignal | undefined,
): Promise<FfmpegResult> {
  const reading = Promise.all(readers);
  // A reader fails only when its callback does: the caller has seen enough.
  reading.catch(() => child.kill());
  const [ended, read] = await Promise.allSettled([child, reading]);
  signal?.throwIfAborted();
  if (read.status === 'rejected') throw read.reason;
  if (tail.askedToEnd) throw new WorldError(`${tool} was asked to end by a signal`);
  if (ended.status === 'rejected') throw classify(tool, ended.reason, tail);
  return { stderrLines: tail.lines, errors: tail.count };
}

function classify(tool: string, error: unknown, tail: Tail): Error {
  const said = tail.lines.join('\n');
  if (said.includes('No space left on device')) return new DiskFull(`${tool}: no space left on the disk`);
  const ending = error instanceof Error && 'shortMessage' in error ? endingOf(error) : String(error);
  const message = `${tool} ${ending}${said && `: ${said}`}`;
  return isAnswer(error) && !tail.lines.some((line) => AWAY.test(line) && !OF_DECODER.test(line)) ? new ContentFailure(message, { cause: error }) : new WorldError(message, { cause: error });
}

/** Signals by which a tool ends through a fault of its own, which a file has brought about. */
const CRASHES = ['SIGSEGV', 'SIGABRT', 'SIGFPE', 'SIGBUS', 'SIGILL'];
/**
 * What ffmpeg says in the end when a signal has asked it to. Its exit code tells less: 255 is also that of an operation that is not permitted, and where
 * the signal came while inputs were opened it is that of a bad file, or 0.
 */
const ASKED_TO_END = /^\[info\] Exiting normally, received signal|^Received > 3 system signals/;
/** What the system says of files that cannot be read at the moment. */
const AWAY = /Input\/output error|Stale file handle|Too many open files|No such file or directory|Permission denied|timed out|Transport endpoint|Resource temporarily unavailable/;
/** Decoders say the same of packets that they make nothing of. */
const OF_DECODER = /Error (while decoding|submitting packet to decoder)/;

/** Whether a tool has ended by itself. */
function isAnswer(error: unknown): boolean {
  const { exitCode, signal, timedOut } = error as { exitCode?: unknown; signal?: unknown; timedOut?: unknown };
  if (timedOut === true) return true;
  return typeof exitCode === 'number' || CRASHES.includes(signal as string);
}

/** Execa's own message repeats the whole command line. */
function endingOf(error: Error & { exitCode?: unknown; signal?: unknown; timedOut?: unknown }): string {
  if (error.timedOut === true) return 'came to no end';
  if (typeof error.exitCode === 'number') return `failed with exit code ${error.exitCode}`;
  if (typeof error.signal === 'string') return `was ended by ${error.signal}`;
  return `could not be run (${error.message})`;
}

async function eachLine(stream: Readable | null, onLine: (line: string) => void): Promise<void> {
  if (!stream) return;
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) onLine(line);
}

function readPts(line: string, onPts: (pts: number) => void): void {
  const match = /^frame:\d+\s+pts:(\S+)/.exec(line);
  if (match) onPts(Number(match[1]));
}

/** The last errors of a log, and how many there were. */
class Tail {
  readonly lines: string[] = [];
  count = 0;
  askedToEnd = false;

  add(raw: string): void {
    // Until here ffmpeg looked at its inputs, decoding from anywhere: what it said then says nothing about the run.
    if (raw.startsWith('[info] Stream mapping:')) this.#clear();
    if (ASKED_TO_END.test(raw)) this.askedToEnd = true;
    // Of damage in transport streams the demuxer only warns, and so does ffprobe of the decoder for whose sake it ends.
    if (!/\[(error|fatal|panic)\] |Packet corrupt|Could not open codec/.test(raw)) return;
    // `[h264 @ 0x55d0c8] [error] message`, or `[in#0/mov @ 0x55d0c8]`: neither the address nor the level tells a person anything.
    const line = raw.replace(/\[([^\]@]+) @ 0x[0-9a-f]+\] /g, '$1: ').replace(/\[(warning|error|fatal|panic)\] /, '').trim();
    this.count++;
    this.lines.push(line.slice(0, LINE_LENGTH));
    if (this.lines.length > TAIL_LINES) this.lines.shift();
  }

  #clear(): void {
    this.lines.length = 0;
    this.count = 0;
  }
}
