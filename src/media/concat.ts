import { stat } from 'node:fs/promises';
import {
  EncodedPacketSink, EncodedVideoPacketSource, FilePathSource, FilePathTarget, Input, MP4, Mp4OutputFormat, Output,
  type InputVideoTrack, type VideoCodec,
} from 'mediabunny';
import type { Rational } from '../job/rational.js';
import { MAX_TIMESCALE } from './grid.js';

export interface ConcatRequest {
  /** MP4 files in order, as encode.ts writes them: closed GOPs, equal parameter sets. */
  parts: readonly string[];
  /** Timestamp of every frame in presentation order, strictly increasing, in ticks of `timebase`. */
  pts: ArrayLike<number>;
  /** At most a million ticks a second. */
  timebase: Rational;
  /** How long the last frame is shown, in ticks. */
  lastDuration: number;
  sampleAspectRatio: Rational;
  output: string;
  signal?: AbortSignal;
}

/**
 * Joins encoded parts into one MP4 without touching a bit of the pictures. The frame with presentation rank i is shown at exactly
 * `pts[i] - pts[0]`: the file starts at zero, and nothing is rounded. One part is open at a time; the
 * index of all frames is held in memory until the end, about a kilobyte a frame (170 MB for a two-hour film).
 * @throws when the parameter sets differ between parts, when a part does not begin with a keyframe, and when the
 * parts hold another number of frames than `pts`.
 */
export async function concatParts(request: ConcatRequest): Promise<{ frames: number; bytes: number; reorderSeconds: number }> {
  const source = new EncodedVideoPacketSource(await codecOf(request.parts[0] as string));
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: false }), target: new FilePathTarget(request.output) });
  // The writer's timescale is the denominator of 1 / frameRate, and times are rounded to it: whole ticks stay what they are.
  output.addVideoTrack(source, { frameRate: timescaleFor(request.timebase) });
  await output.start();
  try {
    const { frames, reorderSeconds } = await addParts(request, source);
    await output.finalize();
    return { frames, bytes: (await stat(request.output)).size, reorderSeconds };
  } catch (error) {
    await output.cancel();
    throw error;
  }
}

async function codecOf(file: string): Promise<VideoCodec> {
  const part = await openPart(file);
  const codec = await part.track.getCodec();
  part.close();
  if (!codec) throw new Error(`${file} holds a video that cannot be joined`);
  return codec;
}

/** A multiple of the timebase's ticks, so fine that the merge can also place the first frame exactly enough. */
function timescaleFor({ den }: Rational): number {
  if (den > MAX_TIMESCALE) throw new RangeError(`a timebase of 1/${den} s is finer than the MP4 writer can hold`);
  let timescale = den;
  while (timescale < 10_000) timescale *= 2;
  return timescale;
}

async function addParts({ parts, pts, timebase, lastDuration, sampleAspectRatio, signal }: ConcatRequest, source: EncodedVideoPacketSource): Promise<{ frames: number; reorderSeconds: number }> {
  const first = pts[0] ?? 0;
  const seconds = (ticks: number): number => (ticks * timebase.num) / timebase.den;
  const durationOf = (rank: number): number => (rank + 1 < pts.length ? (pts[rank + 1] as number) - (pts[rank] as number) : lastDuration);
  let parameters: Uint8Array | undefined;
  let frames = 0;
  let reorder = 0;
  for (const [index, file] of parts.entries()) {
    const part = await openPart(file);
    try {
      const config = await part.track.getDecoderConfig();
      if (!config) throw new Error(`${file} has no decoder configuration`);
      const own = parametersOf(config.codec, config.description as BytesLike);
      parameters ??= own;
      if (Buffer.compare(own, parameters) !== 0) throw new Error(`${file} was encoded with other parameter sets than ${parts[0] as string}: they cannot be one stream`);

      const ranks = await presentationRanks(part.sink);
      if (frames + ranks.length > pts.length) throw new Error(`the parts hold more frames than the ${pts.length} of the timeline; ${file} begins at frame ${frames}`);
      const isLastPart = index === parts.length - 1;
      let k = 0;
      for await (const packet of part.sink.packets()) {
        signal?.throwIfAborted();
        if (k === 0 && packet.type !== 'key') throw new Error(`${file} does not begin with a keyframe`);
        const rank = frames + (ranks[k] as number);
        // The writer decodes packet i at the time at which frame i is shown: this much too late for one that is shown before.
        reorder = Math.max(reorder, (pts[frames + k] as number) - (pts[rank] as number));
        k++;
        // The last packet to be decoded is not always the last to be shown, but the writer takes the end of the track from it.
        const duration = isLastPart && k === ranks.length ? lastDuration : durationOf(rank);
        await source.add(
          packet.clone({ timestamp: seconds((pts[rank] as number) - first), duration: seconds(duration) }),
          frames + k === 1 ? { decoderConfig: { ...config, ...shape(config, sampleAspectRatio) } } : undefined,
        );
      }
      frames += ranks.length;
    } finally {
      part.close();
    }
  }
  if (frames !== pts.length) throw new Error(`the parts hold ${frames} frames, but the timeline has ${pts.length}`);
  return { frames, reorderSeconds: seconds(reorder) };
}

async function openPart(file: string): Promise<{ track: InputVideoTrack; sink: EncodedPacketSink; close: () => void }> {
  const input = new Input({ source: new FilePathSource(file), formats: [MP4] });
  try {
    const track = await input.getPrimaryVideoTrack();
    if (!track) throw new Error(`${file} has no video track`);
    return { track, sink: new EncodedPacketSink(track), close: () => { input.dispose(); } };
  } catch (error) {
    input.dispose();
    throw error;
  }
}

/** The writer derives the shape of a pixel from these; the display size that it reads from a part is rounded to whole pixels. */
function shape({ codedWidth = 1, codedHeight = 1 }: { codedWidth?: number | undefined; codedHeight?: number | undefined }, { num, den }: Rational) {
  return { displayAspectWidth: codedWidth * num, displayAspectHeight: codedHeight * den };
}

/** For each packet in decode order, its place among the part's frames in presentation order. */
async function presentationRanks(sink: EncodedPacketSink): Promise<Uint32Array> {
  const times: number[] = [];
  for await (const packet of sink.packets(undefined, undefined, { metadataOnly: true })) times.push(packet.timestamp);
  const order = [...times.keys()].sort((a, b) => (times[a] as number) - (times[b] as number));
  const ranks = new Uint32Array(times.length);
  for (const [rank, k] of order.entries()) ranks[k] = rank;
  return ranks;
}

/** The DOM's type, which this project has no library for. */
type BytesLike = ArrayBuffer | ArrayBufferView | undefined;

/** What must be equal in all parts. AV1 has its sequence header with every keyframe; beside the pictures is only what the codec's name says. */
function parametersOf(codec: string, data: BytesLike): Uint8Array {
  if (data === undefined) return new TextEncoder().encode(codec);
  return ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
}
