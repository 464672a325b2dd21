import { type FileHandle, open } from 'node:fs/promises';
import { BufferTarget, EncodedVideoPacketSource, Mp4OutputFormat, Output } from 'mediabunny';
import type { Rational } from '../../lib/rational.js';
import { MAX_TIMESCALE } from '../picture/cfrTimeline.js';
import { boxesIn, type Samples, withSamples } from '../source/mp4Tables.js';
import { codecOf, openPart, parametersOf, presentationRanks } from './encodedPart.js';

export interface ConcatRequest {
  /** MP4 files in order, as encode.ts writes them: closed GOPs, equal parameter sets. */
  parts: readonly string[];
  /** Timestamp of every frame in presentation order, strictly increasing, in ticks of `timebase`. */
  pts: Float64Array;
  /** At most a million ticks a second. */
  timebase: Rational;
  /** How long the last frame is shown, in ticks. */
  lastDuration: number;
  sampleAspectRatio: Rational;
  output: string;
  signal?: AbortSignal;
}

/**
 * Joins encoded parts into one MP4 without touching a bit of the pictures. The frame with presentation rank i is shown
 * at exactly `pts[i] - pts[0]`: the file starts at zero, and nothing is rounded. One part is open at a time; the index
 * of all frames is held in memory until the end, some fifty bytes a frame.
 * @throws when the parameter sets differ between parts, when a part does not begin with a keyframe, and when the
 * parts hold another number of frames than `pts`.
 */
export async function concatParts(
  request: ConcatRequest,
): Promise<{ frames: number; bytes: number; reorderSeconds: number }> {
  const { ftyp, moov } = await headerOf(request);
  const file = await open(request.output, 'w');
  try {
    const start = ftyp.length + LARGE_HEADER;
    const writer = new PacketWriter(file, start);
    const { samples, reorderSeconds } = await addParts(request, writer);
    await writer.flush();
    const mdat = Buffer.alloc(LARGE_HEADER);
    mdat.writeUInt32BE(1);
    mdat.write('mdat', 4, 'latin1');
    mdat.writeBigUInt64BE(BigInt(writer.position - ftyp.length), 8);
    await writeAll(file, Buffer.concat([ftyp, mdat]), 0);
    const index = withSamples(moov, samples);
    await writeAll(file, index, writer.position);
    return { frames: samples.sizes.length, bytes: writer.position + index.length, reorderSeconds };
  } finally {
    await file.close();
  }
}

/** Of a box whose size has 64 bits. */
const LARGE_HEADER = 16;

/** The header of a file that begins and ends as the result does, with two frames. */
async function headerOf({
  parts,
  pts,
  timebase,
  lastDuration,
  sampleAspectRatio,
}: ConcatRequest): Promise<{ ftyp: Uint8Array; moov: Uint8Array }> {
  const first = parts[0] as string;
  const source = new EncodedVideoPacketSource(await codecOf(first));
  const target = new BufferTarget();
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: false }), target });
  // The writer's timescale is the denominator of 1 / frameRate, and times are rounded to it: whole ticks stay what
  // they are.
  output.addVideoTrack(source, { frameRate: timescaleFor(timebase) });
  await output.start();
  const part = await openPart(first);
  try {
    const config = await part.track.getDecoderConfig();
    const packet = await part.sink.getFirstPacket();
    if (!config || packet?.type !== 'key') throw new Error(`${first} does not begin with a keyframe`);
    const seconds = (ticks: number): number => (ticks * timebase.num) / timebase.den;
    const end = (pts.at(-1) as number) - (pts[0] as number);
    const alone = pts.length === 1;
    await source.add(packet.clone({ timestamp: 0, duration: seconds(alone ? lastDuration : end) }), {
      decoderConfig: { ...config, ...shape(config, sampleAspectRatio) },
    });
    if (!alone) await source.add(packet.clone({ timestamp: seconds(end), duration: seconds(lastDuration) }));
  } finally {
    part.close();
  }
  await output.finalize();
  const boxes = boxesIn(new Uint8Array(target.buffer as ArrayBuffer));
  const [ftyp, moov] = ['ftyp', 'moov'].map((type) => boxes.find((box) => box.type === type)?.bytes);
  if (!ftyp || !moov) throw new Error('the MP4 writer left no header');
  return { ftyp, moov };
}

/** Writes packets one behind the other, many at a time. */
class PacketWriter {
  readonly #file: FileHandle;
  readonly #waiting: Uint8Array[] = [];
  #bytes = 0;
  #written: number;

  constructor(file: FileHandle, start: number) {
    this.#file = file;
    this.#written = start;
  }

  /** Where the next packet will lie. */
  get position(): number {
    return this.#written + this.#bytes;
  }

  async add(data: Uint8Array): Promise<void> {
    this.#waiting.push(data);
    this.#bytes += data.length;
    if (this.#bytes >= 1 << 20) await this.flush();
  }

  async flush(): Promise<void> {
    await writeAll(this.#file, Buffer.concat(this.#waiting.splice(0)), this.#written);
    this.#written += this.#bytes;
    this.#bytes = 0;
  }
}

async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; )
    done += (await file.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
}

/** A multiple of the timebase's ticks, so fine that the merge can also place the first frame exactly enough. */
function timescaleFor({ den }: Rational): number {
  if (den > MAX_TIMESCALE) throw new RangeError(`a timebase of 1/${den} s is finer than the MP4 writer can hold`);
  let timescale = den;
  while (timescale < 10_000) timescale *= 2;
  return timescale;
}

async function addParts(
  { parts, pts, timebase, lastDuration, signal }: ConcatRequest,
  writer: PacketWriter,
): Promise<{ samples: Samples; reorderSeconds: number }> {
  const scale = (timebase.num * timescaleFor(timebase)) / timebase.den;
  const ticksBetween = (from: number, to: number): number =>
    Math.round(((pts[to] as number) - (pts[from] as number)) * scale);
  const keys: number[] = [];
  const chunks: { offset: number; samples: number }[] = [];
  const sizes = new Uint32Array(pts.length);
  const offsets = new Int32Array(pts.length);
  let parameters: Uint8Array | undefined;
  let frames = 0;
  let reorder = 0;
  for (const file of parts) {
    const part = await openPart(file);
    try {
      const config = await part.track.getDecoderConfig();
      if (!config) throw new Error(`${file} has no decoder configuration`);
      const own = parametersOf(config);
      parameters ??= own;
      if (Buffer.compare(own, parameters) !== 0)
        throw new Error(
          `${file} was encoded with other parameter sets than ${parts[0] as string}: they cannot be one stream`,
        );

      const ranks = await presentationRanks(part.sink);
      if (frames + ranks.length > pts.length)
        throw new Error(
          `the parts hold more frames than the ${pts.length} of the timeline; ${file} begins at frame ${frames}`,
        );
      chunks.push({ offset: writer.position, samples: ranks.length });
      let k = 0;
      for await (const packet of part.sink.packets()) {
        signal?.throwIfAborted();
        if (k === 0 && packet.type !== 'key') throw new Error(`${file} does not begin with a keyframe`);
        const index = frames + k;
        const rank = frames + (ranks[k] as number);
        if (packet.type === 'key') keys.push(index);
        sizes[index] = packet.data.length;
        // Packet i is decoded at the time at which frame i is shown: this much too late for one that is shown before.
        offsets[index] = ticksBetween(index, rank);
        reorder = Math.max(reorder, (pts[index] as number) - (pts[rank] as number));
        await writer.add(packet.data);
        k++;
      }
      frames += ranks.length;
    } finally {
      part.close();
    }
  }
  if (frames !== pts.length) throw new Error(`the parts hold ${frames} frames, but the timeline has ${pts.length}`);
  const deltaOf = (i: number): number => (i + 1 < frames ? ticksBetween(i, i + 1) : Math.round(lastDuration * scale));
  return {
    samples: { sizes, offsets, deltaOf, keys, chunks },
    reorderSeconds: (reorder * timebase.num) / timebase.den,
  };
}

/**
 * The writer derives the shape of a pixel from these; the display size that it reads from a part is rounded to whole
 * pixels.
 */
function shape(
  { codedWidth = 1, codedHeight = 1 }: { codedWidth?: number | undefined; codedHeight?: number | undefined },
  { num, den }: Rational,
) {
  return { displayAspectWidth: codedWidth * num, displayAspectHeight: codedHeight * den };
}
