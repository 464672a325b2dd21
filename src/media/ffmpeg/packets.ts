import type { SourceInfo } from '../../job/source.js';
import { argv } from '../../lib/argv.js';
import { runFfprobe } from './runFfprobe.js';
import { sourceInput } from './tools.js';

/** What the packets of one video stream say, in numbers that stay small for any length (8 bytes a packet). */
export interface Packets {
  /** Timestamps of the packets that are to be shown, in ticks, sorted; may repeat. */
  pts: Float64Array;
  /** Timestamps of the keyframes, sorted; those of discarded packets included. */
  keys: Float64Array;
  /** Duration of the packet shown last, in ticks; 0 where it has none. */
  lastDuration: number;
  withoutPts: number;
  /** Bytes of the smallest packet; Infinity where there is none. */
  smallest: number;
  /** Packets that are decoded but not shown, by an edit list. */
  discarded: number;
  /** True where the container itself marks packets of the stream as damaged. */
  corrupt: boolean;
  /** `progressive`, `unknown`, or the order of the fields. */
  fieldOrder: string;
  /** What the demuxer complained about, the last lines. */
  complaints: string[];
}

/** Bytes of a Dirac packet that holds no picture but only says that the sequence ends. */
const DIRAC_HEADER = 13;
const REPORT_EVERY = 5000;

/** Reads all packets of the video stream without decoding them. */
export async function readPackets(
  file: string,
  info: SourceInfo,
  options: { signal?: AbortSignal | undefined; onPackets?: (packets: number) => void },
): Promise<Packets> {
  const pts = new Numbers();
  const keys = new Numbers();
  const read = {
    lastDuration: 0,
    withoutPts: 0,
    smallest: Infinity,
    discarded: 0,
    corrupt: false,
    fieldOrder: 'unknown',
  };
  let count = 0;
  let lastPts = -Infinity;

  const onLine = (line: string): void => {
    const [section, first = '', , duration, size, flags = ''] = line.split(',');
    if (section === 'stream') read.fieldOrder = first;
    if (section !== 'packet' || (info.video.codec === 'dirac' && Number(size) === DIRAC_HEADER)) return;
    if (++count % REPORT_EVERY === 0) options.onPackets?.(count);
    read.smallest = Math.min(read.smallest, Number(size));
    if (flags.includes('C')) read.corrupt = true;
    const shown = !flags.includes('D');
    if (!shown) read.discarded++;
    const time = Number(first);
    if (first === '' || Number.isNaN(time)) {
      read.withoutPts += shown ? 1 : 0;
      return;
    }
    if (flags.includes('K')) keys.push(time);
    if (!shown) return;
    pts.push(time);
    if (time >= lastPts) {
      lastPts = time;
      read.lastDuration = Number(duration) || 0;
    }
  };

  const entries = 'packet=pts,dts,duration,size,flags:stream=field_order';
  const args = argv`-select_streams ${info.video.index} -show_entries ${entries} -of csv ${sourceInput(file)}`;
  const { stderrLines } = await runFfprobe(args, { signal: options.signal, onLine });
  options.onPackets?.(count);
  // ffprobe below 6.1 does not show the flag; the demuxer says it.
  read.corrupt ||= stderrLines.some((line) => line.includes(`Packet corrupt (stream = ${info.video.index},`));
  return { ...read, pts: pts.values().sort(), keys: keys.values().sort(), complaints: stderrLines };
}

/** A list of numbers that grows in one block of memory. */
class Numbers {
  #block = new Float64Array(4096);
  #length = 0;

  push(value: number): void {
    if (this.#length === this.#block.length) {
      const larger = new Float64Array(this.#length * 2);
      larger.set(this.#block);
      this.#block = larger;
    }
    this.#block[this.#length++] = value;
  }

  values(): Float64Array {
    return this.#block.slice(0, this.#length);
  }
}
