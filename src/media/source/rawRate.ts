import { z } from 'zod';
import type { SourceInfo } from '../../job/source.js';
import { argv } from '../../lib/argv.js';
import { parseRational, toNumber } from '../../lib/rational.js';
import { readHeader } from '../ffmpeg/runFfprobe.js';
import { sourceInput } from '../ffmpeg/tools.js';
import { isRaw } from './repair.js';

/** In frames a second: a rate that no stream has by itself. */
const ASKED = 11;
const answerSchema = z.object({ streams: z.array(z.object({ r_frame_rate: z.string().optional() })) });

/**
 * Whether a stream without a container says nothing of its rate, so that ffmpeg takes 25 frames a second for it: it
 * takes any that it is told.
 */
export async function isRateAssumed(
  file: string,
  info: SourceInfo,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (!isRaw(info.format)) return false;
  const answer = answerSchema.parse(
    await readHeader(
      argv`
        -f ${info.format} -framerate ${ASKED} -select_streams ${info.video.index} -show_entries stream=r_frame_rate
        ${sourceInput(file)}
      `,
      signal,
    ),
  );
  const rate = parseRational(answer.streams[0]?.r_frame_rate);
  return rate !== undefined && toNumber(rate) === ASKED;
}
