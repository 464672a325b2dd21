import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { WorldError } from '../../lib/errors.js';
import { failureOf, type Tail } from './toolFailure.js';

export interface ToolResult {
  /** The last errors that were written to stderr, without those of ffmpeg's first look at its inputs. */
  stderrLines: string[];
  /** How many errors there were. */
  errors: number;
}

/**
 * Waits for ffmpeg or ffprobe and for whoever reads its lines.
 * @param errorCode as of {@link failureOf}, asked for once the tool has failed.
 * @throws as {@link failureOf}; the signal's reason; what a reader threw.
 */
export async function finish(
  tool: string,
  child: PromiseLike<unknown> & { kill(): boolean },
  readers: Promise<void>[],
  tail: Tail,
  signal: AbortSignal | undefined,
  errorCode?: () => number | undefined,
): Promise<ToolResult> {
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

export async function eachLine(stream: Readable | null, onLine: (line: string) => void): Promise<void> {
  if (!stream) return;
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) onLine(line);
}
