import { argv } from '../../lib/argv.js';
import { digestOf } from '../../lib/digest.js';
import { runFfprobe } from '../ffmpeg/runFfprobe.js';
import { sourceInput } from '../ffmpeg/tools.js';

/** The packets of a video stream, in the order in which they are decoded. */
export interface PacketList {
  /** In ticks; NaN where a packet has none. */
  pts: number[];
  /** Size and digest of each packet's bytes. */
  bytes: string[];
  /** Digest of what a decoder is given before the first packet; empty where each keyframe brings it along. */
  header: string;
  /** Packets that are decoded but not shown. */
  hidden: number;
}

/**
 * Reads a stream's packets without decoding them. Bytes are compared with those that this program read before, not
 * with a stranger's: a fast digest will do.
 */
export async function readPacketList(
  file: string,
  { index, codec }: { index: number; codec: string },
  signal?: AbortSignal,
): Promise<PacketList> {
  const list: PacketList = { pts: [], bytes: [], header: '', hidden: 0 };
  const onLine = (line: string): void => {
    const [section, first = '', size = '', flags = '', digest = ''] = line.split(',');
    // AV1's header is made anew by each writer; the same is in the packets.
    if (section === 'stream' && codec !== 'av1') list.header = first;
    if (section !== 'packet') return;
    list.pts.push(/^-?\d+$/.test(first) ? Number(first) : NaN);
    list.bytes.push(`${size} ${digest}`);
    if (flags.includes('D')) list.hidden++;
  };
  const entries = 'packet=pts,size,flags,data_hash:stream=extradata_hash';
  const args = argv`
    -select_streams ${index} -show_data_hash murmur3 -show_entries ${entries} -of csv ${sourceInput(file)}
  `;
  await runFfprobe(args, { signal, onLine });
  return list;
}

/** One digest of the packets `[start, end)` with all that a decoder needs for them. */
export const digestOfPackets = ({ header, bytes }: PacketList, start = 0, end = bytes.length): string =>
  digestOf([header, ...bytes.slice(start, end)].join('\n'));

/** For each packet its place among the frames as they are shown. */
export function ranksOf({ pts }: Pick<PacketList, 'pts'>): number[] {
  const order = [...pts.keys()].sort((a, b) => (pts[a] as number) - (pts[b] as number));
  const ranks: number[] = [];
  for (const [rank, packet] of order.entries()) ranks[packet] = rank;
  return ranks;
}
