import { constants } from 'node:os';
import { ContentFailure, DiskFull, WorldError } from '../../lib/errors.js';

/** Lines of stderr that are kept: enough to see what went wrong, whatever a damaged file makes ffmpeg say. */
const TAIL_LINES = 20;
/** Of a longer line, the beginning and the end are kept: the end says what went wrong, behind a path of any length. */
const LINE_LENGTH = 500;

/**
 * Says whose fault it is that a tool did not end well: DiskFull, ContentFailure where it gave an answer about its
 * input, else WorldError.
 * @param code what the tool says of it in its structured output, as AVERROR (libavutil/error.h): an errno of this
 * system, negated, or a tag. It counts more than words.
 */
export function failureOf(tool: string, error: unknown, tail: Tail, code?: number): Error {
  if (tail.lines.some((line) => DISK_FULL.test(line))) return new DiskFull(`${tool}: no space left on the disk`);
  const ending = error instanceof Error && 'shortMessage' in error ? endingOf(error) : String(error);
  const said = tail.lines.join('\n');
  const message = `${tool} ${ending}${said && `: ${said}`}`;
  const away =
    code !== undefined
      ? AWAY_CODES.has(-code)
      : tail.lines.some((line) => AWAY_WORDS.test(line) && !OF_DECODER.test(line));
  return isAnswer(error) && !away
    ? new ContentFailure(message, { cause: error })
    : new WorldError(message, { cause: error });
}

/** Signals by which a tool ends through a fault of its own, which a file has brought about. */
const CRASHES = ['SIGSEGV', 'SIGABRT', 'SIGFPE', 'SIGBUS', 'SIGILL'];
/**
 * What ffmpeg says in the end when a signal has asked it to. Its exit code tells less: 255 is also that of an
 * operation that is not permitted, and where the signal came while inputs were opened it is that of a bad file, or 0.
 */
const ASKED_TO_END = /^\[info\] Exiting normally, received signal|^Received > 3 system signals/;
const DISK_FULL = asLastWords('No space left on device');
/** What the system says of files that cannot be read at the moment. */
const AWAY = {
  EIO: 'Input/output error',
  ESTALE: 'Stale file handle',
  EMFILE: 'Too many open files',
  ENFILE: 'Too many open files in system',
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  ETIMEDOUT: '(Connection|Operation) timed out',
  ENOTCONN: 'Transport endpoint is not connected',
  EAGAIN: 'Resource temporarily unavailable',
} satisfies Partial<Record<keyof typeof constants.errno, string>>;
const AWAY_WORDS = asLastWords(Object.values(AWAY).join('|'));
const AWAY_CODES = new Set(Object.keys(AWAY).map((name) => constants.errno[name as keyof typeof AWAY]));
/** Decoders say the same of packets that they make nothing of. */
const OF_DECODER = /Error (while decoding|submitting packet to decoder)/;

/** The system's words end a line, or stand in brackets there; elsewhere they may be a file's name. */
function asLastWords(words: string): RegExp {
  return new RegExp(`(^|[ (])(${words})\\)?$`);
}

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

/** The last errors of a log, and how many there were. */
export class Tail {
  readonly lines: string[] = [];
  count = 0;
  askedToEnd = false;

  add(raw: string): void {
    // Until here ffmpeg looked at its inputs, decoding from anywhere: what it said then says nothing about the run.
    if (raw.startsWith('[info] Stream mapping:')) this.#clear();
    if (ASKED_TO_END.test(raw)) this.askedToEnd = true;
    // Of damage in transport streams the demuxer only warns, and so does ffprobe of the decoder for whose sake it
    // ends.
    if (!/\[(error|fatal|panic)\] |Packet corrupt|Could not open codec/.test(raw)) return;
    // `[h264 @ 0x55d0c8] [error] message`, or `[in#0/mov @ 0x55d0c8]`: neither the address nor the level tells a
    // person anything.
    const line = raw
      .replace(/\[([^\]@]+) @ 0x[0-9a-f]+\] /g, '$1: ')
      .replace(/\[(warning|error|fatal|panic)\] /, '')
      .trim();
    this.count++;
    this.lines.push(
      line.length > LINE_LENGTH ? `${line.slice(0, LINE_LENGTH / 2)} … ${line.slice(-LINE_LENGTH / 2)}` : line,
    );
    if (this.lines.length > TAIL_LINES) this.lines.shift();
  }

  #clear(): void {
    this.lines.length = 0;
    this.count = 0;
  }
}
