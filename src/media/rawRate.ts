import { z } from 'zod';
import { parseRational, toNumber } from '../job/rational.js';
import type { SourceInfo } from '../job/source.js';
import { isRaw } from './repair.js';
import { readHeader } from './run.js';
import { sourceInput } from './tools.js';

/** In frames a second: a rate that no stream has by itself. */
const ASKED = 11;
const answerSchema = z.object({ streams: z.array(z.object({ r_frame_rate: z.string().optional() })) });

/** Whether a stream without a container says nothing of its rate, so that ffmpeg takes 25 frames a second for it: it takes any that it is told. */
export async function isRateAssumed(file: string, info: SourceInfo, signal: AbortSignal | undefined): Promise<boolean> {
  if (!isRaw(info.format)) return false;
  const answer = answerSchema.parse(await readHeader(['-f', info.format, '-framerate', String(ASKED), '-select_streams', String(info.video.index), '-show_entries', 'stream=r_frame_rate', ...sourceInput(file)], signal));
  const rate = parseRational(answer.streams[0]?.r_frame_rate);
  return rate !== undefined && toNumber(rate) === ASKED;
}
