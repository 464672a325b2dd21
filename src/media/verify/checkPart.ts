import { SegmentMismatch } from '../../lib/errors.js';
import { inventory } from '../merge/inventory.js';
import type { FrameSource } from '../picture/frameSource.js';
import type { CheckedPart } from './checkedPart.js';
import { comparePictures, type PicturesResult } from './comparePictures.js';
import { REACH } from './comparison.js';
import { confirmed } from './confirm.js';
import { judge, told } from './judge.js';
import { digestOfPackets, ranksOf, readPacketList } from './packetDigests.js';
import { PictureSums } from './pictureSums.js';
import { pairStills, withStills } from './shownFrames.js';
import { fileSide, matrixOf, type Side, sourceSide, withoutRepeatedEdge } from './sides.js';
import { aspectOf } from './stills.js';
import { FrameTable } from './table.js';

export interface PartRequest {
  /** Encoded frames `[start, end)` of a result, counted over the whole video. */
  file: string;
  start: number;
  end: number;
  /** Where the frames came from. */
  source: FrameSource;
  /** Frames of which stills are wanted, counted over the whole video. */
  stills: readonly number[];
  /** A folder for files of the moment. */
  scratch?: string | undefined;
  signal?: AbortSignal | undefined;
  onFrame?: ((frames: number) => void) | undefined;
}

export type Findings = Pick<
  CheckedPart,
  'problems' | 'decoding' | 'packets' | 'ranks' | 'measured' | 'sums' | 'stills'
>;

/**
 * Decodes an encoded part once, beside its frames of the source, and measures every frame as the check of a whole
 * result does. What is wrong with it whatever the rest of the video is like is said at once.
 * @throws SegmentMismatch when the source does not decode to these frames.
 */
export async function checkPart(request: PartRequest): Promise<Findings> {
  const { file, start, end, source, signal } = request;
  const streams = await inventory(file, signal);
  const video = typeof streams === 'string' ? undefined : streams.video[0];
  if (!video) return unreadable(typeof streams === 'string' ? streams : 'it holds no video', request);
  const list = await readPacketList(file, video, signal);
  const matrix = matrixOf(source.info);
  let frames = 0;
  const output = fileSide(
    file,
    video.index,
    { range: video.range, matrix, common: matrix },
    aspectOf(video),
    () => {
      frames++;
    },
    withoutRepeatedEdge(video, source.info.video),
  );
  const sums = new PictureSums();
  const seen = await compare(request, output, sums);
  const { width, height } = source.info.video;
  const judgement = judge(seen.table, { width, height }, true);
  // A single frame says too little of what seems to be wrong with it.
  if (seen.table.frames < 2) judgement.problems = judgement.problems.filter(({ suspicion }) => !suspicion);
  const { problems } = await confirmed(judgement, {
    output,
    source: sourceSide(source, start, end),
    size: { width: Math.min(video.width, width), height: Math.min(video.height, height) },
    table: seen.table,
    signal,
  });
  return {
    problems: [
      ...seen.decoding,
      ...(frames === end - start ? [] : [`${framesOf(request)} decode to ${frames} frames`]),
      ...(seen.later === undefined ? [] : [`${placeOf(seen.later)}: ${framesOf(request)}`]),
      ...problems.map((finding) => told({ ...finding, frames: finding.frames.shifted(start) })),
    ],
    decoding: seen.decoding,
    packets: digestOfPackets(list),
    ranks: ranksOf(list),
    measured: seen.table.encoded(),
    sums: sums.encoded(),
    stills: seen.stills,
  };
}

const framesOf = ({ start, end }: Pick<PartRequest, 'start' | 'end'>): string => `frames ${start} to ${end - 1}`;

const placeOf = (later: number): string =>
  `the pictures are the source's ${Math.abs(later)} frame${Math.abs(later) === 1 ? '' : 's'} ` +
  (later > 0 ? 'later' : 'earlier');

/** Without anything that the last check could use: it looks for itself. */
const unreadable = (why: string, request: PartRequest): Findings => ({
  problems: [`${framesOf(request)} cannot be opened: ${why}`],
  decoding: [],
  packets: digestOfPackets({ header: '', bytes: [], pts: [], hidden: 0 }),
  ranks: [],
  measured: new FrameTable().encoded(),
  sums: '',
  stills: [],
});

/** The source's frames around the part are decoded too: one that was cut at the wrong place shows them. */
async function compare(
  { start, end, source, stills, scratch, signal, onFrame }: PartRequest,
  output: Side,
  sums: PictureSums,
): Promise<PicturesResult & Pick<Findings, 'stills'>> {
  const first = Math.max(0, start - REACH);
  const last = Math.min(source.pts.length, end + REACH);
  const frames = stills.filter((frame) => frame >= start && frame < end);
  let decoded = first;
  return withStills(frames, scratch, async (places) => {
    const from = (place: typeof places.output, zero: number) => ({
      ...place,
      frames: frames.map((frame) => frame - zero),
    });
    const seen = await comparePictures({
      output,
      source: sourceSide(source, first, last),
      stills:
        frames.length === 0 ? undefined : { output: from(places.output, start), source: from(places.source, first) },
      around: { before: start - first, behind: last - end },
      onSource: (picture) => {
        if (decoded >= start && decoded < end) sums.add(picture);
        decoded++;
      },
      signal,
      onFrame,
    });
    if (decoded !== last)
      throw new SegmentMismatch(`frames ${first} to ${last - 1} gave ${decoded - first} frames of the source`);
    return {
      ...seen,
      stills: (await pairStills(places)).map(({ frame, output: shown, source: own }) => ({
        frame,
        ...(shown && { output: shown.toString('base64') }),
        ...(own && { source: own.toString('base64') }),
      })),
    };
  });
}
