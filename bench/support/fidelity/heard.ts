import { execa } from 'execa';
import { argv } from '../../../src/lib/argv.js';
import { firstFrame, type Measured } from './measure.js';

const RATE = 8000;
/** What is compared, in seconds, from where the source is loudest in its beginning. */
const WINDOW = 4;
const BEGINNING = 20;
/** Lags that are looked for either way, in seconds. */
const REACH = 0.2;
const SILENT = 8;
const SAME = 0.5;

/**
 * How much later the same samples are heard after the first frame than in the source, in seconds, or why that cannot
 * be said.
 */
export type Offset = number | 'silent' | 'something else';

/** Finds a stretch of the source's track in the result's by cross-correlation of the waves themselves. */
export async function offsetOf(source: Measured, result: Measured, track: number): Promise<Offset> {
  const [a, b] = [source.audio[track], result.audio[track]];
  if (!a || !b || a.first === undefined || b.first === undefined) return 'silent';
  const [from, to] = [await wave(source.file, a.index), await wave(result.file, b.index)];
  const at = loudest(from);
  const piece = from.subarray(at, at + WINDOW * RATE);
  if (Math.sqrt(energy(piece) / piece.length) < SILENT) return 'silent';
  // Where the piece should begin in the other one.
  const time = a.first - firstFrame(source) + at / RATE;
  const wanted = (time - (b.first - firstFrame(result))) * RATE;
  const base = Math.round(wanted);
  let [best, most] = [0, -1];
  for (let lag = -REACH * RATE; lag <= REACH * RATE; lag++) {
    const value = correlation(piece, to, base + lag);
    if (value > most) [best, most] = [lag, value];
  }
  return most < SAME ? 'something else' : (base + best - wanted) / RATE;
}

async function wave(file: string, stream: number): Promise<Float32Array> {
  const { stdout } = await execa(
    'ffmpeg',
    argv`-v quiet -nostdin -i ${file} -map 0:${stream} -t ${BEGINNING} -ac 1 -ar ${RATE} -f s16le -`,
    { encoding: 'buffer', reject: false },
  );
  const bytes = Uint8Array.from(stdout);
  return Float32Array.from(new Int16Array(bytes.buffer, 0, bytes.length >> 1));
}

const energy = (samples: Float32Array): number => samples.reduce((sum, value) => sum + value * value, 0);

function loudest(samples: Float32Array): number {
  let [best, most] = [0, -1];
  for (let at = 0; at === 0 || at + WINDOW * RATE <= samples.length; at += RATE / 2) {
    const value = energy(samples.subarray(at, at + WINDOW * RATE));
    if (value > most) [best, most] = [at, value];
  }
  return best;
}

/** Of a piece with what begins at `at`, -1 to 1. */
function correlation(piece: Float32Array, other: Float32Array, at: number): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = Math.max(0, -at); i < piece.length && at + i < other.length; i++) {
    const [x, y] = [piece[i] as number, other[at + i] as number];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  // A few samples that happen to fit are no finding.
  return aa > 0 && bb > 0 && aa > energy(piece) / 2 ? ab / Math.sqrt(aa * bb) : 0;
}
