import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { ContentFailure } from '../../lib/errors.js';
import { type FfmpegOptions, startFfmpeg } from './runFfmpeg.js';
import type { ToolResult } from './toolRun.js';

type Options = Omit<FfmpegOptions, 'stdin' | 'side' | 'stdout' | 'onStdoutLine'>;

/**
 * Runs ffmpeg and reads what it writes to stdout meanwhile. Where ffmpeg gives up on the file, what was read until
 * then counts.
 * @param read may leave before the end: ffmpeg is ended then.
 * @throws the signal's reason, what `read` throws, or what else ends ffmpeg, in this order.
 */
export async function readUntilFailure<T>(
  args: readonly string[],
  options: Options,
  read: (stdout: Readable) => Promise<T>,
): Promise<{ value: T; ended: ToolResult | ContentFailure }> {
  const enough = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, enough.signal]) : enough.signal;
  const { stdout, done } = startFfmpeg(args, { ...options, signal, stdout: 'pipe' });
  if (!stdout) throw new Error('ffmpeg was started without a pipe to read from');
  const reading = read(stdout).finally(() => {
    if (stdout.readableEnded) return;
    enough.abort();
    // A process counts as ended only when its pipes are.
    stdout.destroy();
  });
  const [value, ended] = await Promise.allSettled([reading, done]);
  options.signal?.throwIfAborted();
  if (value.status === 'rejected') throw value.reason;
  if (ended.status === 'fulfilled') return { value: value.value, ended: ended.value };
  if (enough.signal.aborted) return { value: value.value, ended: { stderrLines: [], errors: 0 } };
  if (!(ended.reason instanceof ContentFailure)) throw ended.reason;
  return { value: value.value, ended: ended.reason };
}

/** The same where a file that ffmpeg gives up on is a failure. */
export async function readStdout<T>(
  args: readonly string[],
  options: Options,
  read: (stdout: Readable) => Promise<T>,
): Promise<{ value: T } & ToolResult> {
  const { value, ended } = await readUntilFailure(args, options, read);
  if (ended instanceof ContentFailure) throw ended;
  return { value, ...ended };
}

/** All that ffmpeg writes to stdout. */
export const readBytes = async (args: readonly string[], options: Options): Promise<Buffer> =>
  (await readStdout(args, options, buffer)).value;
