import { ContentFailure } from '../../lib/errors.js';
import { withLimit } from '../../lib/limit.js';
import { parseRational, type Rational } from '../../lib/rational.js';
import { runFfmpeg } from '../ffmpeg/runFfmpeg.js';
import { inputFrom } from '../picture/frameSource.js';

/** The first picture as it is shown: upright, after the display matrix. */
export interface FirstFrame {
  width: number;
  height: number;
  sampleAspectRatio: Rational;
  /** What ffmpeg makes of all that it knows of the rate: the codec's own, where the container has none. */
  rate: Rational | undefined;
}

const LONGEST_MS = 60_000;

/**
 * Decodes a stream until its first frame comes. Sizes are ffmpeg's own, after its rotation, so they hold for every
 * decode that follows.
 * @returns `no decoder` where ffmpeg has none for the codec, `no frame` when nothing decodes within a minute.
 */
export async function firstFrame(
  file: string,
  stream: number,
  signal: AbortSignal | undefined,
): Promise<FirstFrame | 'no decoder' | 'no frame'> {
  const lines: string[] = [];
  // framecrc heads its list with `#tb 0: 1001/24000`, `#dimensions 0: 640x480` and `#sar 0: 64/45`, and has one line
  // for each frame.
  const args = [...inputFrom(file, stream, undefined), '-frames:v', '1', '-f', 'framecrc', 'pipe:1'];
  try {
    await withLimit(LONGEST_MS, signal, (limited) =>
      runFfmpeg(args, { signal: limited, onStdoutLine: (line) => lines.push(line) }),
    );
  } catch (error) {
    signal?.throwIfAborted();
    if (
      error instanceof ContentFailure &&
      /[Dd]ecoder .*not found|Decoding requested, but no decoder/.test(error.message)
    )
      return 'no decoder';
    if (error instanceof ContentFailure || (error as Error).name === 'TimeoutError') return 'no frame';
    throw error;
  }
  return readFrame(lines) ?? 'no frame';
}

function readFrame(lines: string[]): FirstFrame | undefined {
  const size = headed(lines, /^#dimensions 0: (\d+)x(\d+)$/);
  if (!size || !lines.some((line) => line.startsWith('0,'))) return undefined;
  const step = headed(lines, /^#tb 0: (\d+)\/(\d+)$/);
  return {
    width: Number(size[1]),
    height: Number(size[2]),
    sampleAspectRatio: parseRational(headed(lines, /^#sar 0: (\S+)$/)?.[1]) ?? { num: 1, den: 1 },
    rate: step && parseRational(`${step[2]}/${step[1]}`),
  };
}

const headed = (lines: string[], pattern: RegExp): RegExpExecArray | undefined =>
  lines.map((line) => pattern.exec(line)).find((match) => match !== null) ?? undefined;
