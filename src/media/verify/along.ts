import type { CheckedPart } from './checkedPart.js';
import { digestOfPackets, type PacketList, readPacketList } from './packetDigests.js';
import type { Seen } from './pair.js';
import { sumAt } from './pictureSums.js';
import { Runs } from './runs.js';
import { FrameTable } from './table.js';
import type { Trace } from './trace.js';

/** What was seen while a result was made. */
export interface Along {
  /** Of all encoded parts in order; undefined where one was not checked. */
  parts: readonly (CheckedPart | undefined)[];
  /** Undefined where the frames came from a copy that knows each by its number. */
  trace: Trace | undefined;
}

/**
 * Takes what the checks of all parts have seen for a whole file, once it is proven that this file holds nothing else:
 * the packets that they decoded, beside the pictures that a straight decode of the source gives.
 * @returns why that cannot be said otherwise; all has to be looked at again then.
 */
export async function seenAlong(
  file: string,
  stream: { index: number; codec: string },
  frames: number,
  { parts, trace }: Along,
  signal?: AbortSignal,
): Promise<Seen | string> {
  const table = new FrameTable();
  const known: CheckedPart[] = [];
  for (const part of parts) {
    if (part?.start !== table.frames) return `from frame ${table.frames} on nothing was checked while it was made`;
    if (table.append(part.measured) !== part.end - part.start || part.ranks.length !== part.end - part.start)
      return `the check of frames ${part.start} to ${part.end - 1} did not see them all`;
    known.push(part);
  }
  if (table.frames !== frames) return `${table.frames} frames of ${frames} were checked while it was made`;
  const strange = trace && strangePictures(known, trace);
  if (strange) return `a segment's source showed other pictures than a straight decode: ${strange.toString()}`;
  const list = await readPacketList(file, stream, signal);
  if (list.hidden > 0 || list.bytes.length !== frames)
    return `it holds ${list.bytes.length} packets for ${frames} frames`;
  const other = known.find(({ start, end, packets }) => digestOfPackets(list, start, end) !== packets);
  if (other) return `the packets of frames ${other.start} to ${other.end - 1} are not those that were checked`;
  return {
    pictures: { table, decoding: known.flatMap(({ decoding }) => decoding), sourceErrors: trace?.errors ?? [] },
    pts: timesOf(list, known),
    stills: known.flatMap(({ stills }) =>
      stills.map(({ frame, output, source }) => ({ frame, output: bytesOf(output), source: bytesOf(source) })),
    ),
  };
}

const bytesOf = (base64: string | undefined): Buffer | undefined =>
  base64 === undefined ? undefined : Buffer.from(base64, 'base64');

/** The frames whose source was another picture than the straight decode's. */
function strangePictures(parts: readonly CheckedPart[], trace: Trace): Runs | undefined {
  const straight = Buffer.from(trace.sums, 'base64');
  const strange = new Runs();
  for (const { start, end, sums } of parts) {
    const own = Buffer.from(sums, 'base64');
    for (let frame = start; frame < end; frame++)
      if (sumAt(own, frame - start) !== sumAt(straight, frame)) strange.add(frame);
  }
  return strange.frames > 0 ? strange : undefined;
}

/** When each frame is shown: of the packet that held it in its part. */
function timesOf({ pts }: PacketList, parts: readonly CheckedPart[]): number[] {
  const times: number[] = [];
  for (const { start, ranks } of parts)
    for (const [k, rank] of ranks.entries()) times[start + rank] = pts[start + k] as number;
  return times;
}
