import { argv } from '../../lib/argv.js';
import { runFfmpeg } from '../ffmpeg/runFfmpeg.js';
import { sourceInput } from '../ffmpeg/tools.js';

/**
 * Writes a cover, one picture as the source holds it, into a file of its own: ffmpeg attaches files to Matroska, not
 * streams.
 */
export async function extractCover(
  source: string,
  index: number,
  output: string,
  signal?: AbortSignal,
): Promise<void> {
  await runFfmpeg(
    argv`${sourceInput(source)} -map 0:${index} -c copy -frames:v 1 -f image2 -update 1 -y file:${output}`,
    { signal },
  );
}
