import path from 'node:path';
import type { SourceInfo } from '../../job/source.js';
import { argv } from '../../lib/argv.js';
import { randomName } from '../../lib/durable.js';
import { ContentFailure } from '../../lib/errors.js';
import { runFfmpeg } from '../ffmpeg/runFfmpeg.js';
import { sourceInput } from '../ffmpeg/tools.js';
import type { FrameSource } from '../picture/frameSource.js';
import { losslessArgs } from './conform.js';

/**
 * Takes consecutive frames, from about a time on, into a lossless file of their own. Which frames exactly is left
 * open: they are for measuring.
 * @param folder must exist.
 * @returns undefined where nothing can be decoded.
 */
export async function takeSampleClip(
  file: string,
  info: SourceInfo,
  { seconds, frames }: { seconds: number; frames: number },
  folder: string,
  signal?: AbortSignal,
): Promise<FrameSource | undefined> {
  const output = path.join(folder, `${randomName()}.nut`);
  // Not from a keyframe on: scenes begin there, often out of black.
  const seek = seconds > 0 ? ['-ss', seconds.toFixed(3)] : [];
  const input = argv`-max_error_rate 1 ${seek} ${sourceInput(file)} -map 0:${info.video.index} -fps_mode passthrough`;
  let written = 0;
  try {
    await runFfmpeg([...input, '-frames:v', String(frames), ...losslessArgs(info, ['setfield=prog'], output)], {
      signal,
      onProgress: ({ frame }) => {
        written = frame;
      },
    });
  } catch (error) {
    if (!(error instanceof ContentFailure)) throw error;
    return undefined;
  }
  return written === 0
    ? undefined
    : { file: output, from: 'conformed', info, pts: Float64Array.from({ length: written }, (_, i) => i), runIn: 0 };
}
