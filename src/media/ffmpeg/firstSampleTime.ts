import { z } from 'zod';
import { argv } from '../../lib/argv.js';
import { ContentFailure } from '../../lib/errors.js';
import { runFfmpeg } from './runFfmpeg.js';
import { runFfprobe } from './runFfprobe.js';
import { sourceInput } from './tools.js';

const firstFrameSchema = z.tuple([z.coerce.number(), z.coerce.number(), z.coerce.number()]).rest(z.string());

/**
 * When the first decoded sample of a track is presented, in seconds of the source's clock, after encoder priming;
 * undefined when nothing decodes.
 */
export async function firstSample(file: string, index: number, signal?: AbortSignal): Promise<number | undefined> {
  let timebase = 0;
  let ticks: number | undefined;
  try {
    await runFfmpeg(
      argv`
        -max_error_rate 1 -copyts ${sourceInput(file)} -map 0:${index} -c:a pcm_s16le -frames:a 1 -f framecrc pipe:1
      `,
      {
        signal,
        onStdoutLine: (line) => {
          const base = /^#tb 0: (\d+)\/(\d+)/.exec(line);
          if (base) timebase = Number(base[1]) / Number(base[2]);
          // stream, dts, pts, duration, size, checksum
          else if (!line.startsWith('#')) ticks ??= firstFrameSchema.safeParse(line.split(',')).data?.[2];
        },
      },
    );
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof ContentFailure)) throw error;
    return undefined;
  }
  return ticks === undefined ? undefined : ticks * timebase;
}

/** When the first packet of a track begins, in seconds of the source's clock: encoder priming included. */
export async function firstPacket(file: string, index: number, signal?: AbortSignal): Promise<number | undefined> {
  let time: number | undefined;
  const args = argv`
    -select_streams ${index} -read_intervals %+#1 -show_entries packet=pts_time -of csv=p=0 ${sourceInput(file)}
  `;
  await runFfprobe(args, {
    signal,
    onLine: (line) => {
      time ??= z.coerce.number().safeParse(line.split(',')[0] || undefined).data;
    },
  });
  return time;
}
