import { ignoreKnown } from '../../lib/systemErrors.js';
import { startFfmpeg } from '../ffmpeg/runFfmpeg.js';

/**
 * Writes one picture as PNG; the file is replaced if it is there.
 * @param format arguments that say what the bytes are.
 */
export async function encodePng(
  format: readonly string[],
  bytes: string | Uint8Array,
  file: string,
  signal?: AbortSignal,
): Promise<void> {
  // One picture as it is: the image2 muxer would read a pattern into the name.
  const output = ['-frames:v', '1', '-c:v', 'png', '-f', 'image2pipe', '-y', `file:${file}`];
  const run = startFfmpeg([...format, '-i', 'pipe:0', ...output], { signal, stdin: 'pipe' });
  // That nobody reads any more is said by ffmpeg's end.
  run.stdin?.on('error', ignoreKnown);
  run.stdin?.end(bytes);
  await run.done;
}
