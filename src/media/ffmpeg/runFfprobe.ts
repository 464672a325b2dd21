import { z } from 'zod';
import { Tail } from './toolFailure.js';
import { eachLine, finish, type ToolResult } from './toolRun.js';
import { spawnTool } from './tools.js';

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
): Promise<ToolResult> {
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
