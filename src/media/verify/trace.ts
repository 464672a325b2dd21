import { z } from 'zod';
import { SegmentMismatch } from '../../lib/errors.js';
import { damageOf } from '../ffmpeg/damage.js';
import { readStdout } from '../ffmpeg/readStdout.js';
import { pieces } from '../ffmpeg/splitStream.js';
import type { FrameSource } from '../picture/frameSource.js';
import { PictureSums } from './pictureSums.js';
import { sideArgs, sourceSide } from './sides.js';
import { THUMBNAIL_BYTES } from './thumbnails.js';

/** What one straight decode of a source gives, in a few bytes for each picture. */
export const traceSchema = z.object({
  frames: z.number().int(),
  sums: z.string(),
  /** What the decoder complained about, the last lines. */
  errors: z.array(z.string()),
});
export type Trace = z.infer<typeof traceSchema>;

/**
 * Decodes a source once from its beginning to its end, as no segment does: what came by seeking is held against it.
 * @throws SegmentMismatch when it does not decode to its frames.
 */
export async function traceSource(
  source: FrameSource,
  { signal, onFrame }: { signal?: AbortSignal | undefined; onFrame?: (frames: number) => void } = {},
): Promise<Trace> {
  const side = sourceSide(source);
  const sums = new PictureSums();
  const { stderrLines } = await readStdout(
    sideArgs(side, undefined),
    { signal, onPts: side.onPts },
    async (stdout) => {
      for await (const picture of pieces(stdout, THUMBNAIL_BYTES)) {
        sums.add(picture);
        onFrame?.(sums.frames);
      }
    },
  );
  if (sums.frames !== source.pts.length)
    throw new SegmentMismatch(`the source decodes to ${sums.frames} frames, not ${source.pts.length}`);
  return { frames: sums.frames, sums: sums.encoded(), errors: damageOf(stderrLines) };
}
