import type { Fields, SourceInfo, SourceScan } from '../../job/source.js';
import { encodeTimeline, type Timeline } from '../../job/timeline.js';
import { toNumber } from '../../lib/rational.js';
import { type Packets, readPackets } from '../ffmpeg/packets.js';
import { runFfmpeg } from '../ffmpeg/runFfmpeg.js';
import { inputFrom, printPts } from '../picture/frameSource.js';
import { countCodedPictures, mayLeaveOut } from './codedPictures.js';
import { isRateAssumed } from './rawRate.js';
import { longestPause } from './repair.js';
import { findShapes, sizeChanges } from './shapes.js';

/**
 * Containers in which a seek with a run-in was found to give exactly the right frames. Others lack an index or
 * timestamps that can be trusted: program streams, raw streams, AVI, Ogg, ASF, FLV.
 */
const SEEKABLE = /^(mov|matroska|mpegts)/;
/** Frames decoded in vain for each segment; beyond this one straight pass is cheaper. */
const LONGEST_INTERVAL = 1000;
/**
 * Codecs that may keep pictures which are not shown in packets of their own, often under the timestamp of a shown one.
 */
const HIDING = /^vp[89]$/;
/** MPEG timestamps have 33 bits. */
const MPEG_WRAP = 2 ** 33;

export interface ScanOptions {
  signal?: AbortSignal | undefined;
  /** Packets read so far. */
  onPackets?: (packets: number) => void;
}

/**
 * Reads all packets of the video stream and decides whether segments may seek in the file.
 * @returns `timeline`: the timestamps of all frames where `scan.seekable`, else undefined. `scan.info` is the given
 * information with `promisedFrames` as a decode should give them: the header's count without those an edit list hides,
 * or the packets if there are more. `fieldOrder`: which field the stream says is shown first, which may be wrong;
 * undefined where it says that frames are whole, or nothing.
 */
export async function scanSource(
  file: string,
  info: SourceInfo,
  options: ScanOptions = {},
): Promise<{ scan: SourceScan; timeline: Timeline | undefined; fieldOrder: Fields['order'] | undefined }> {
  const packets = await readPackets(file, info, options);
  const pts = HIDING.test(info.video.codec) ? packets.pts.filter((time, i, all) => time !== all[i - 1]) : packets.pts;
  const steps = stepsOf(pts);
  const coded = mayLeaveOut(info, packets.smallest) ? await countCodedPictures(file, info, options.signal) : undefined;
  const shapes = await findShapes(file, info, options.signal);
  const scan: SourceScan = {
    info: { ...info, video: { ...info.video, ...promise(info, packets, pts.length, coded) } },
    packets: pts.length + packets.withoutPts,
    seekable: false,
    runIn: 0,
    ...((await isRateAssumed(file, info, options.signal)) && { rateAssumed: true as const }),
    ...(shapes && { shapes }),
  };
  const reason =
    whyNotSeekable(info, packets, pts, coded) ?? (sizeChanges(shapes) ? 'the pictures change their size' : undefined);
  const fieldOrder = isInterlaced(packets) ? orderSaid(packets) : undefined;
  if (reason !== undefined) return { scan: { ...scan, reason }, timeline: undefined, fieldOrder };

  const step = steps.median || Math.round(1 / (toNumber(info.video.frameRate) * toNumber(info.video.timebase)));
  const intervals = (await hasRealKeyframes(file, info, packets.keys, options.signal)) ? 1 : 2;
  const runIn =
    intervals * longestInterval(packets, pts).ticks + (info.video.reorderDepth + 1) * (steps.longest || step);
  // Some muxers write one tick for the last packet.
  const lastDuration = packets.lastDuration >= step / 2 ? packets.lastDuration : step;
  const timeline = encodeTimeline(pts, info.video.timebase, Math.max(1, lastDuration));
  return { scan: { ...scan, seekable: true, runIn }, timeline, fieldOrder };
}

/**
 * Packets promise a frame each, except in interlaced H.264, which may have one for each field, and where some are not
 * to be shown.
 * @param coded how many pictures they hold, where that was counted.
 */
function promise(
  info: SourceInfo,
  packets: Packets,
  shown: number,
  coded: number | undefined,
): { promisedFrames?: number } {
  const header =
    info.video.promisedFrames === undefined
      ? 0
      : info.video.promisedFrames - packets.discarded - emptyChunks(info, packets);
  const vague = HIDING.test(info.video.codec) || (info.video.codec === 'h264' && isInterlaced(packets));
  const counted = vague ? 0 : shown + packets.withoutPts;
  const promisedFrames = coded === undefined ? Math.max(header, counted) : coded - packets.discarded;
  return promisedFrames > 0 ? { promisedFrames } : {};
}

/** AVI keeps the clock going with chunks that hold nothing: its header counts them, ffmpeg passes them over. */
function emptyChunks({ format }: SourceInfo, { pts, withoutPts }: Packets): number {
  const last = pts.at(-1);
  return format === 'avi' && last !== undefined && withoutPts === 0 ? Math.max(0, last + 1 - pts.length) : 0;
}

/** ffprobe names the field that is coded first, then the one that is shown first. */
const orderSaid = ({ fieldOrder }: Packets): Fields['order'] => (/^(tt|bt)$/.test(fieldOrder) ? 'tff' : 'bff');

const isInterlaced = (packets: Packets): boolean => !['progressive', 'unknown'].includes(packets.fieldOrder);

function whyNotSeekable(
  info: SourceInfo,
  packets: Packets,
  pts: Float64Array,
  coded: number | undefined,
): string | undefined {
  const { format, video } = info;
  const all = pts.length + packets.discarded;
  const early = packets.complaints.find((line) => /ended prematurely|partial file/i.test(line));
  if (!SEEKABLE.test(format)) return `seeking in ${format} cannot be trusted`;
  if (info.program !== undefined) return 'the file holds several programmes, each with a clock of its own';
  if (packets.withoutPts > 0) return `${packets.withoutPts} packets have no timestamp`;
  if (pts.length === 0) return 'no packet is to be shown';
  if (isInterlaced(packets)) return 'the video is coded as interlaced';
  if (early !== undefined) return 'the file ends early';
  if (video.promisedFrames !== undefined && video.promisedFrames > all)
    return `the header promises ${video.promisedFrames} frames, the file holds ${all}`;
  if ((packets.keys[0] ?? Infinity) > (pts[0] as number)) return 'the video does not begin with a keyframe';
  const repeated = pts.findIndex((time, i) => time === pts[i - 1]);
  if (repeated > 0) return `frame ${repeated} has the timestamp of the one before`;
  const jump = findJump(info, pts);
  if (jump !== undefined) return `timestamps jump before frame ${jump}`;
  if (packets.corrupt) return 'the file marks packets as damaged';
  const longest = longestInterval(packets, pts).frames;
  if (longest > LONGEST_INTERVAL) return `${longest} frames lie between two keyframes`;
  if (coded !== undefined && coded !== all) return `${all} packets hold ${coded} pictures`;
  return undefined;
}

function findJump({ format, video }: SourceInfo, pts: Float64Array): number | undefined {
  const limit = longestPause(format) / toNumber(video.timebase);
  const jump = pts.findIndex((time, i) => i > 0 && time - (pts[i - 1] as number) > limit);
  if (jump > 0) return jump;
  if (format !== 'mpegts') return undefined;
  const wrapped = pts.findIndex((time) => time < 0 || time >= MPEG_WRAP);
  return wrapped >= 0 ? wrapped : undefined;
}

/** The longest stretch without a keyframe, its ends included; in ticks and in frames that are shown. */
function longestInterval({ keys }: Packets, pts: Float64Array): { ticks: number; frames: number } {
  let ticks = 0;
  let frames = 0;
  let from = 0;
  const end = pts.at(-1) as number;
  for (let k = 0; k < keys.length; k++) {
    const start = keys[k] as number;
    const next = keys[k + 1] ?? end + 1;
    let to = from;
    while (to < pts.length && (pts[to] as number) < next) to++;
    ticks = Math.max(ticks, Math.min(next, end) - start);
    frames = Math.max(frames, to - from);
    from = to;
  }
  return { ticks, frames };
}

function stepsOf(pts: Float64Array): { median: number; longest: number } {
  const steps = new Float64Array(Math.max(0, pts.length - 1))
    .map((_, i) => (pts[i + 1] as number) - (pts[i] as number))
    .sort();
  return { median: steps[steps.length >> 1] ?? 0, longest: steps.at(-1) ?? 0 };
}

/**
 * H.264 may mark a picture as a point to begin at that is no intra picture: with intra refresh everything is right
 * only an interval later. Two such points are decoded to see.
 */
async function hasRealKeyframes(
  file: string,
  info: SourceInfo,
  keys: Float64Array,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  if (info.video.codec !== 'h264' || keys.length < 2) return true;
  for (const k of new Set([1, keys.length >> 1])) {
    if (!(await isIntra(file, info, keys[k] as number, keys[k - 1] as number, signal))) return false;
  }
  return true;
}

async function isIntra(
  file: string,
  info: SourceInfo,
  key: number,
  before: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const { index, timebase } = info.video;
  const filters = [`trim=start_pts=${key}:end_pts=${key + 1}`, 'select=eq(pict_type\\,I)', ...printPts()];
  let found = false;
  const args = [...inputFrom(file, index, before * toNumber(timebase)), '-vf', filters.join(','), '-f', 'null', '-'];
  await runFfmpeg(args, {
    signal,
    onPts: () => {
      found = true;
    },
  });
  return found;
}
