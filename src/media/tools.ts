import { existsSync } from 'node:fs';
import { execa, type Options } from 'execa';

/**
 * Only these demuxers may open a source: a text file would open as ANSI-art video otherwise, and an ffconcat or
 * a playlist would open its neighbours.
 */
export const DEMUXERS = [
  'mov', 'mp4', 'm4a', '3gp', '3g2', 'mj2', 'matroska', 'webm', 'mpegts', 'mpeg', 'mpegvideo', 'avi', 'flv', 'live_flv',
  'asf', 'ogg', 'h264', 'hevc', 'm4v', 'av1', 'obu', 'ivf', 'nut', 'mxf', 'dv', 'vob', 'gif', 'apng', 'wtv', 'rm', 'yuv4mpegpipe',
].join(',');

/** `file:` keeps names that begin with a dash or hold a colon from meaning anything else. */
export const sourceInput = (file: string): string[] => [
  '-protocol_whitelist', 'file,pipe', '-format_whitelist', DEMUXERS, '-i', `file:${file}`,
];

/** util-linux's setpriv makes the kernel end a child when its parent dies, even by kill -9. */
const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'].find((file) => existsSync(file));

/** The command line that ends with its parent where the system can do that. */
export function tied(tool: string, args: readonly string[]): [string, string[]] {
  return SETPRIV ? [SETPRIV, ['--pdeathsig', 'KILL', '--', tool, ...args]] : [tool, [...args]];
}

/** Starts ffmpeg or ffprobe so that it does not outlive this process; killed when `cancelSignal` aborts. */
export function spawnTool<T extends Options>(tool: 'ffmpeg' | 'ffprobe', args: readonly string[], options: T) {
  const [file, tiedArgs] = tied(tool, args);
  // Execa takes either the list of all streams or single ones.
  const stdin = options.stdio === undefined ? { stdin: 'ignore' as const } : {};
  return execa(file, tiedArgs, { ...stdin, forceKillAfterDelay: 2000, ...options });
}
