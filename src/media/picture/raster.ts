import { readBytes } from '../ffmpeg/readStdout.js';
import { GLYPH_HEIGHT, GLYPH_WIDTH, glyphOf } from './font.js';
import { encodePng } from './png.js';

const CHANNELS = 3;
type Rgb = readonly [red: number, green: number, blue: number];

/**
 * A picture of packed 8-bit RGB, line by line without padding, that can be drawn on. What lies outside of it is not
 * drawn.
 */
export class Raster {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;

  /** @param data `width * height * 3` bytes, used as they are. Default: black. */
  constructor(width: number, height: number, data = new Uint8Array(width * height * CHANNELS)) {
    if (data.length !== width * height * CHANNELS)
      throw new RangeError(`a picture of ${width}x${height} has not ${data.length} bytes`);
    this.width = width;
    this.height = height;
    this.data = data;
  }

  fill(color: Rgb): void {
    for (let i = 0; i < this.data.length; i++) this.data[i] = color[i % CHANNELS] as number;
  }

  /** Draws a picture with its top left corner at x, y, each of its pixels as a square of `zoom` x `zoom`. */
  draw(picture: Raster, x: number, y: number, zoom = 1): void {
    for (let line = 0; line < picture.height * zoom; line++) {
      for (let column = 0; column < picture.width * zoom; column++) {
        const from = (Math.floor(line / zoom) * picture.width + Math.floor(column / zoom)) * CHANNELS;
        this.#set(x + column, y + line, picture.data.subarray(from, from + CHANNELS));
      }
    }
  }

  /**
   * Writes one line of text with its top left corner at x, y, each character `GLYPH_WIDTH` by `GLYPH_HEIGHT` pixels,
   * times `zoom`.
   */
  write(text: string, x: number, y: number, color: Rgb, zoom = 1): void {
    for (const [index, character] of [...text].entries()) {
      const isSet = glyphOf(character);
      for (let line = 0; line < GLYPH_HEIGHT * zoom; line++) {
        for (let column = 0; column < GLYPH_WIDTH * zoom; column++) {
          if (isSet(Math.floor(column / zoom), Math.floor(line / zoom)))
            this.#set(x + index * GLYPH_WIDTH * zoom + column, y + line, color);
        }
      }
    }
  }

  #set(x: number, y: number, color: ArrayLike<number>): void {
    if (x < 0 || y < 0 || x >= this.width || y >= this.height) return;
    this.data.set(color, (y * this.width + x) * CHANNELS);
  }
}

/**
 * Runs ffmpeg on arguments that end with `-map`, and reads the one picture that the filters give.
 * @throws RangeError when it is not one picture of this size.
 */
export async function readRaster(
  input: readonly string[],
  filters: readonly string[],
  size: { width: number; height: number },
  signal?: AbortSignal,
): Promise<Raster> {
  const args = [...input, '-vf', [...filters, 'format=rgb24'].join(','), '-f', 'rawvideo', 'pipe:1'];
  return new Raster(size.width, size.height, new Uint8Array(await readBytes(args, { signal })));
}

/** Writes a PNG; the file is replaced if it is there. */
export const writePng = ({ width, height, data }: Raster, file: string, signal?: AbortSignal): Promise<void> =>
  encodePng(['-f', 'rawvideo', '-pixel_format', 'rgb24', '-video_size', `${width}x${height}`], data, file, signal);
