import { argv } from '../../lib/argv.js';
import { ON_TIME } from '../ffmpeg/onTime.js';
import { readStdout } from '../ffmpeg/readStdout.js';
import { PTS_FD, runFfmpeg } from '../ffmpeg/runFfmpeg.js';
import { sourceInput } from '../ffmpeg/tools.js';
import { soundWithin, type Trim } from '../merge/trimTracks.js';

const RATE = 8000;
/** Samples behind one value of an envelope. */
const STEP = 16;
/** Seconds from one value of an envelope to the next. */
export const ENVELOPE_STEP = STEP / RATE;

/** A stretch of time, in seconds on the file's own clock. */
export interface Stretch {
  from: number;
  seconds: number;
}

/** One audio track, decoded. */
export interface Heard {
  /** First and end of the last sample on the file's own clock, after priming; undefined where nothing decodes. */
  start: number | undefined;
  end: number | undefined;
  sampleRate: number;
  /**
   * Loudness of each stretch, mixed to one channel: the root of the mean square of 16-bit samples, a value for every 2
   * ms.
   */
  envelopes: Float32Array[];
  errors: number;
  /** What the decoder said, the last lines. */
  lines: string[];
}

/**
 * Decodes an audio track once: when it begins and ends, and how loud it is in some stretches of time.
 * @param cut what of it is listened to. Default: all.
 */
export async function listen(
  file: string,
  stream: number,
  stretches: readonly Stretch[],
  { cut, signal }: { cut?: Trim | undefined; signal?: AbortSignal | undefined } = {},
): Promise<Heard> {
  const clock = new FrameList();
  const map = ['-map', `0:${stream}`];
  const heard = cut ? [soundWithin(cut)] : [];
  const loudness = new Loudness(stretches, () => clock.start);
  const { errors, stderrLines } = await readStdout(
    [
      ...argv`-max_error_rate 1 -copyts ${sourceInput(file)} ${map}`,
      ...(cut ? ['-af', heard.join(',')] : []),
      ...argv`-c:a pcm_s16le -f framecrc -flush_packets 1 pipe:${PTS_FD} ${map}`,
      '-af',
      [...heard, `aresample=${RATE}:${ON_TIME}`, 'aformat=sample_fmts=s16:channel_layouts=mono'].join(','),
      '-f',
      's16le',
      'pipe:1',
    ],
    {
      signal,
      onPtsLine: (line) => {
        clock.add(line);
      },
    },
    (stdout) => loudness.read(stdout as AsyncIterable<Buffer>),
  );
  return {
    start: clock.start,
    end: clock.end,
    sampleRate: clock.sampleRate,
    envelopes: loudness.envelopes,
    errors,
    lines: stderrLines,
  };
}

/**
 * When the last packet of an audio track ends by what its container says, in seconds on the file's own clock. Decoders
 * may give more or less of it.
 */
export async function packetsEnd(file: string, stream: number, signal?: AbortSignal): Promise<number | undefined> {
  const clock = new FrameList();
  await runFfmpeg(['-copyts', ...sourceInput(file), '-map', `0:${stream}`, '-c', 'copy', '-f', 'framecrc', 'pipe:1'], {
    signal,
    onStdoutLine: (line) => {
      clock.add(line);
    },
  });
  return clock.end;
}

/** ffmpeg's `framecrc`: `#tb 0: 1/48000`, then stream, dts, pts, duration, size and checksum of every packet. */
class FrameList {
  start: number | undefined;
  end: number | undefined;
  sampleRate = NaN;
  #timebase = 0;

  add(line: string): void {
    const base = /^#tb 0: (\d+)\/(\d+)/.exec(line);
    if (base) this.#timebase = Number(base[1]) / Number(base[2]);
    const rate = /^#sample_rate 0: (\d+)/.exec(line);
    if (rate) this.sampleRate = Number(rate[1]);
    if (line.startsWith('#')) return;
    const [, , pts, duration] = line.split(',').map(Number);
    if (pts === undefined || duration === undefined || Number.isNaN(pts + duration)) return;
    this.start ??= pts * this.#timebase;
    this.end = Math.max(this.end ?? -Infinity, (pts + duration) * this.#timebase);
  }
}

/** Turns samples into envelopes as they come. */
class Loudness {
  readonly envelopes: Float32Array[];
  readonly #stretches: readonly Stretch[];
  readonly #start: () => number | undefined;
  /** Values that came before it was known when the track begins. */
  #early: number[] = [];
  #count = 0;

  constructor(stretches: readonly Stretch[], start: () => number | undefined) {
    this.#stretches = stretches;
    this.#start = start;
    this.envelopes = stretches.map(({ seconds }) => new Float32Array(Math.round(seconds / ENVELOPE_STEP)));
  }

  /** @param stream signed 16-bit samples, one channel. */
  async read(stream: AsyncIterable<Buffer>): Promise<void> {
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of stream) {
      const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let at = 0;
      for (; at + 2 * STEP <= data.length; at += 2 * STEP) this.#early.push(loudnessOf(data, at));
      rest = data.subarray(at);
      this.#place();
    }
    this.#place();
  }

  #place(): void {
    const start = this.#start();
    if (start === undefined) return;
    for (const value of this.#early) {
      for (const [i, { from }] of this.#stretches.entries()) {
        const envelope = this.envelopes[i] as Float32Array;
        // Rounded once: half-way between two values, some would fall on one place and leave the next one empty.
        const at = Math.round((start - from) / ENVELOPE_STEP) + this.#count;
        if (at >= 0 && at < envelope.length) envelope[at] = value;
      }
      this.#count++;
    }
    this.#early = [];
  }
}

function loudnessOf(data: Buffer, at: number): number {
  let sum = 0;
  for (let i = 0; i < STEP; i++) sum += data.readInt16LE(at + 2 * i) ** 2;
  return Math.sqrt(sum / STEP);
}
