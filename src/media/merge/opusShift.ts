import { rm } from 'node:fs/promises';
import { argv } from '../../lib/argv.js';
import { firstPacket } from '../ffmpeg/firstSampleTime.js';
import { runFfmpeg } from '../ffmpeg/runFfmpeg.js';
import { sourceInput } from '../ffmpeg/tools.js';

/** Where the tried packets are put, so that nothing about them is early. */
const TRIED_AT = 1;

/**
 * How much too early copied Opus gets into Matroska, in seconds: some versions of ffmpeg write its pre-skip into the
 * header and forget it in the times. Tried on the first packets, with the same ffmpeg and source.
 * @param scratch a name for a small file that is removed again.
 */
export async function opusShift(
  source: string,
  index: number,
  scratch: string,
  signal?: AbortSignal,
): Promise<number> {
  const before = (await firstPacket(source, index, signal)) ?? 0;
  const offset = (TRIED_AT - before).toFixed(6);
  try {
    await runFfmpeg(
      argv`
        -copyts -itsoffset ${offset} ${sourceInput(source)} -map 0:${index} -c copy -frames:a 2 -f matroska
        -y file:${scratch}
      `,
      { signal },
    );
    return TRIED_AT - ((await firstPacket(scratch, 0, signal)) ?? TRIED_AT);
  } finally {
    await rm(scratch, { force: true });
  }
}
