import { readdirSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { imresize, type Picture, rounded } from './imresize.js';

export type Rgb = Picture & { data: Uint8Array };

/** One picture of a test set. */
interface Pair {
  name: string;
  /** Its luma, cut to whole multiples of the scale. */
  large: Rgb;
  small: Rgb;
}

export async function readSet(folder: string, scale: number): Promise<Pair[]> {
  const names = readdirSync(path.join(folder, 'HR')).filter((name) => name.endsWith('.png'));
  return pairs(
    names.sort().map((name) => path.join(folder, 'HR', name)),
    scale,
  );
}

/** Of the first ten seconds, more or less. */
const TYPICAL = ['-vf', 'thumbnail=240'];

/** One frame of each film and cartoon among the shared clips. */
export function readFrames(folder: string, scale: number): Promise<Pair[]> {
  const files = ['cartoon', 'live'].flatMap((kind) =>
    readdirSync(path.join(folder, kind)).map((name) => path.join(folder, kind, name)),
  );
  return pairs(files.sort(), scale, TYPICAL);
}

const pairs = (files: string[], scale: number, choice: string[] = []): Promise<Pair[]> =>
  Promise.all(
    files.map(async (file) => {
      const large = cut(await readPicture(file, choice), scale);
      return { name: path.parse(file).name, large: luma(large), small: rounded(imresize(large, 1 / scale)) };
    }),
  );

export async function readPicture(file: string, choice: string[] = []): Promise<Rgb> {
  const { stdout } = await execa(
    'ffmpeg',
    [
      ...['-v', 'error', '-i', file, ...choice, '-frames:v', '1', '-f', 'image2pipe'],
      ...['-c:v', 'ppm', '-pix_fmt', 'rgb24', 'pipe:1'],
    ],
    { encoding: 'buffer' },
  );
  const [header = '', width, height] =
    /^P6\s(\d+) (\d+)\s255\s/.exec(Buffer.from(stdout.subarray(0, 64)).toString('latin1')) ?? [];
  return { data: stdout.subarray(header.length), width: Number(width), height: Number(height), channels: 3 };
}

function cut({ data, width, height, channels }: Rgb, scale: number): Rgb {
  const [w, h] = [width - (width % scale), height - (height % scale)];
  const rows = Array.from({ length: h }, (_, y) => data.subarray(y * width * channels, (y * width + w) * channels));
  return { data: Buffer.concat(rows), width: w, height: h, channels };
}

/** BT.601 in 16..235, as MATLAB's rgb2ycbcr gives it for 8 bits. */
export function luma({ data, width, height }: Rgb): Rgb {
  const plane = new Uint8Array(width * height);
  for (let i = 0; i < plane.length; i++) {
    const [r = 0, g = 0, b = 0] = data.subarray(3 * i, 3 * i + 3);
    plane[i] = Math.round((65.481 * r + 128.553 * g + 24.966 * b) / 255 + 16);
  }
  return { data: plane, width, height, channels: 1 };
}

/** In dB, of two luma planes, without as many pixels at the border as the scale. */
export function psnr(large: Rgb, result: Rgb, scale: number): number {
  const { width, height } = large;
  let squares = 0;
  for (let y = scale; y < height - scale; y++)
    for (let x = scale; x < width - scale; x++)
      squares += ((large.data[y * width + x] as number) - (result.data[y * width + x] as number)) ** 2;
  return 10 * Math.log10((255 ** 2 * (height - 2 * scale) * (width - 2 * scale)) / squares);
}

export const bicubic = ({ small }: Pair, scale: number): Rgb => luma(rounded(imresize(small, scale)));

export const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
