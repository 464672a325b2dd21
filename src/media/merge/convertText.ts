import type { Container } from '../../job/contents.js';
import { argv } from '../../lib/argv.js';
import { runFfmpeg } from '../ffmpeg/runFfmpeg.js';
import { sourceInput } from '../ffmpeg/tools.js';
import { MP4 } from './mergeArgs.js';

/**
 * Encodes a track of text into a file of its own, at its own times: of what is encoded and cut at once, ffmpeg 5.1
 * loses the last packet.
 */
export async function convertText(
  source: string,
  {
    index,
    encoder,
    charenc,
    container,
    file,
  }: { index: number; encoder: string; charenc?: string | undefined; container: Container; file: string },
  signal?: AbortSignal,
): Promise<void> {
  const format = container === 'mp4' ? MP4 : ['-f', 'matroska'];
  await runFfmpeg(
    [
      '-copyts',
      '-max_error_rate',
      '1',
      ...(charenc === undefined ? [] : [`-sub_charenc:${index}`, charenc]),
      ...argv`${sourceInput(source)} -map 0:${index} -c ${encoder} ${format} -y file:${file}`,
    ],
    { signal },
  );
}
