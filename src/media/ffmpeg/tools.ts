import { execa, type Options } from 'execa';
import { argv } from '../../lib/argv.js';
import { withParentDeathSignal } from '../../lib/parentDeathSignal.js';

/**
 * Only these demuxers may open a source: a text file would open as ANSI-art video otherwise, and an ffconcat or
 * a playlist would open its neighbours.
 */
const DEMUXERS = [
  'mov',
  'mp4',
  'm4a',
  '3gp',
  '3g2',
  'mj2',
  'matroska',
  'webm',
  'mpegts',
  'mpeg',
  'mpegvideo',
  'avi',
  'flv',
  'live_flv',
  'asf',
  'ogg',
  'h264',
  'hevc',
  'm4v',
  'av1',
  'obu',
  'ivf',
  'nut',
  'mxf',
  'dv',
  'vob',
  'mjpeg',
  'gif',
  'apng',
  'wtv',
  'rm',
  'yuv4mpegpipe',
].join(',');

/**
 * The largest cover or picture of a subtitle that is decoded: 4096x4096. ffmpeg decodes every cover in its first look
 * at a file, and keeps them all: one of 1 MB may take 1 GB. Larger ones are still copied, as they are.
 */
export const MOST_COVER_PIXELS = 4096 * 4096;

/** Nothing but its name tells a stream of JPEGs from a single one, which is no video. */
const namedFormat = (file: string): string[] => (/\.mjpe?g$/i.test(file) ? ['-f', 'mjpeg'] : []);

/** `file:` keeps names that begin with a dash or hold a colon from meaning anything else. */
export const sourceInput = (file: string): string[] => argv`
  -max_pixels ${MOST_COVER_PIXELS} -max_pixels:V ${2 ** 31 - 1} -protocol_whitelist file,pipe
  -format_whitelist ${DEMUXERS} ${namedFormat(file)} -i file:${file}
`;

/** Twenty times what ffprobe takes for 8K: it decodes the first pictures of every stream, and keeps them. */
const FFPROBE_BYTES = 4 * 2 ** 30;

/** Starts ffmpeg or ffprobe so that it does not outlive this process; killed when `cancelSignal` aborts. */
export function spawnTool<T extends Options>(tool: 'ffmpeg' | 'ffprobe', args: readonly string[], options: T) {
  const [file, boundArgs] = withParentDeathSignal(tool, args, tool === 'ffprobe' ? FFPROBE_BYTES : undefined);
  // Execa takes either the list of all streams or single ones.
  const stdin = options.stdio === undefined ? { stdin: 'ignore' as const } : {};
  return execa(file, boundArgs, { ...stdin, forceKillAfterDelay: 2000, ...options });
}
