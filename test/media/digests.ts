import type { SourceInfo } from '../../src/job/source.js';
import { argv } from '../../src/lib/argv.js';
import { runFfmpeg } from '../../src/media/ffmpeg/runFfmpeg.js';
import { sourceInput } from '../../src/media/ffmpeg/tools.js';
import type { FrameSource } from '../../src/media/picture/frameSource.js';
import { checkPts, frameArgs } from '../../src/media/picture/frameSource.js';

/**
 * In the source's own format, except that the one that only implies full range is written as the one that does not.
 */
function native({ video }: SourceInfo): string {
  return (
    `scale=in_range=${video.color.range}:out_range=${video.color.range},` +
    `format=${video.pixelFormat.replace('yuvj', 'yuv')}`
  );
}

async function digests(args: string[], onPts?: (pts: number) => void): Promise<string[]> {
  const found: string[] = [];
  await runFfmpeg([...args, '-f', 'framemd5', 'pipe:1'], {
    onStdoutLine: (line) => {
      if (!line.startsWith('#')) found.push(line.split(',').at(-1)?.trim() ?? '');
    },
    ...(onPts && { onPts }),
  });
  return found;
}

/** Digests of all frames of one decode from beginning to end. */
export function straightDigests(file: string, info: SourceInfo): Promise<string[]> {
  return digests(
    argv`-max_error_rate 1 ${sourceInput(file)} -map 0:${info.video.index} -fps_mode passthrough -vf ${native(info)}`,
  );
}

/**
 * Digests of the frames `[start, end)`. @throws SegmentMismatch when their timestamps or their number are not those
 * expected.
 */
export async function rangeDigests(source: FrameSource, start: number, end: number): Promise<string[]> {
  const { input, filters } = frameArgs(source, start, end);
  const pts: number[] = [];
  const found = await digests([...input, '-vf', [...filters, native(source.info)].join(',')], (time) =>
    pts.push(time),
  );
  checkPts(source, start, pts, end);
  return found;
}
