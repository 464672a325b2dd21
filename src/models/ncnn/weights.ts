import { UserError } from '../../lib/errors.js';
import { halfToFloat } from '../onnx/half.js';

/** First word of a weight blob: what follows. */
const RAW = 0;
const RAW_SCALED = 0x0002c056;
const HALF = 0x01306b47;
const INT8 = 0x000d4b38;

/**
 * Reads the numbers of an ncnn `.bin` file one after the other, as its layers need them. The file says neither where a
 * layer's numbers begin nor how many they are: only the order of the layers does.
 */
export class WeightReader {
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /**
   * Numbers behind a storage word: float32, or float16 padded to whole words. @throws UserError for other storage, or
   * when they are not there.
   */
  stored(count: number, layer: string): Float32Array {
    const flag = this.#view.getUint32(this.#take(4, layer), true);
    if (flag === RAW || flag === RAW_SCALED) return this.raw(count, layer);
    if (flag !== HALF) {
      const storage = flag === INT8 ? 'int8' : `0x${flag.toString(16)}`;
      throw new UserError(
        `the weights of layer ${layer} are stored in a way that is not supported (${storage}): ` +
          'only float32 and float16 are',
      );
    }
    const start = this.#take(Math.ceil(count / 2) * 4, layer);
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) values[i] = halfToFloat(this.#view.getUint16(start + i * 2, true));
    return values;
  }

  /** float32 without a storage word, as biases and slopes are. */
  raw(count: number, layer: string): Float32Array {
    const start = this.#take(count * 4, layer);
    const values = new Float32Array(count);
    for (let i = 0; i < count; i++) values[i] = this.#view.getFloat32(start + i * 4, true);
    return values;
  }

  /** @throws UserError when numbers are left over: the file belongs to another network. */
  end(): void {
    const left = this.#view.byteLength - this.#offset;
    if (left > 0)
      throw new UserError(
        `the .bin file has ${left} bytes more than its .param file needs: they do not belong together`,
      );
  }

  #take(bytes: number, layer: string): number {
    const start = this.#offset;
    if (start + bytes > this.#view.byteLength) {
      throw new UserError(
        `the .bin file ends at byte ${this.#view.byteLength}, within the weights of layer ${layer}: ` +
          'it is truncated or belongs to another .param file',
      );
    }
    this.#offset += bytes;
    return start;
  }
}
