import { UserError } from '../lib/errors.js';
import { copyRect, type Picture, pictureIn, reflectPad, type Samples } from './picture.js';
import { planTiles, planWindows, smallerTile, type Tile } from './tiles.js';

/**
 * A network that enlarges planar pictures. `run` fills `output` and says whether the network gave anything that is not
 * a number.
 */
export interface FrameNet {
  /** Told of which sizes the pictures will be that come next, each once. */
  expect?(sizes: readonly { width: number; height: number }[]): void;
  run(input: Picture, output: Picture): Promise<{ nan: boolean }>;
}

export interface TilerOptions {
  net: FrameNet;
  width: number;
  height: number;
  planes: number;
  bitDepth: 8 | 16;
  scale: number;
  /** Edge in source pixels; 0 for the whole frame at once. Rounded down to a multiple of the alignment, and even. */
  tile: number;
  /** Rounded up to a multiple of the alignment. */
  tilePad: number;
  prePad: number;
  /** Width and height of what the network is shown are multiples of this. */
  alignment: number;
  /** The only size that the network takes; it stands in the tile's place. */
  fixed?: { width: number; height: number } | undefined;
  onNotice: (message: string) => void;
}

export interface TileProgress {
  /** Tiles of the frame that are done, and how many it has. */
  done: number;
  tiles: number;
  /** Edge now in use; 0 for the whole frame. */
  tile: number;
}

export type FrameResult = { nan: boolean } | 'stopped';

const OUT_OF_MEMORY =
  /bad_alloc|out of memory|failed to allocate|OUT_OF_MEMORY|ALLOC_FAILED|cudaErrorMemoryAllocation/i;
export const isOutOfMemory = (error: unknown): boolean => error instanceof Error && OUT_OF_MEMORY.test(error.message);

/**
 * Takes frames of one size through a network, tile by tile, with the semantics of Real-ESRGAN's RealESRGANer: first
 * pre_pad, then the padding to the alignment, both reflected at the right and bottom; tiles are clamped at the edges
 * of that. When memory runs out it goes on with smaller tiles, which it keeps from then on. Its buffers are made once
 * and used for every frame.
 */
export class Tiler {
  readonly #options: TilerOptions;
  /** Tiles are multiples of this. */
  readonly #step: number;
  /** Size of a frame with its padding. */
  readonly #size: { width: number; height: number };
  readonly #padded: Picture | undefined;
  #tile: number;
  #tiles: Tile[];
  #scratch: { input: Samples; output: Samples } | undefined;

  constructor(options: TilerOptions) {
    const { width, height, prePad, tile, alignment, fixed, planes } = options;
    this.#options = options;
    this.#step = alignment % 2 === 0 ? alignment : 2 * alignment;
    const padded = (size: number, least = 0): number => Math.max(least, roundUp(size + prePad, fixed ? 1 : alignment));
    this.#size = { width: padded(width, fixed?.width), height: padded(height, fixed?.height) };
    if (this.#size.width > width || this.#size.height > height) {
      const samples = this.#samples(this.#size.width * this.#size.height);
      this.#padded = pictureIn(samples, this.#size.width, this.#size.height, planes);
    }
    this.#tile = tile === 0 ? 0 : Math.max(this.#step, tile - (tile % this.#step));
    this.#tiles = this.#plan();
    this.#tellSizes();
  }

  /**
   * @param input width x height samples a plane. @param output `scale` times as wide and high; overwritten.
   * @param stopped asked before every tile; the frame is given up once it says yes.
   * @throws UserError when even the smallest tile does not fit into memory.
   */
  async upscale(
    input: Samples,
    output: Samples,
    onTile: (progress: TileProgress) => void,
    stopped: () => boolean,
  ): Promise<FrameResult> {
    const { width, height, scale, planes } = this.#options;
    const source = this.#padding({ data: input, width, height, planes });
    const target = { data: output, width: width * scale, height: height * scale, planes };
    for (;;) {
      try {
        return await this.#allTiles(source, target, onTile, stopped);
      } catch (error) {
        if (!isOutOfMemory(error)) throw error;
        this.#shrink();
      }
    }
  }

  /** Edge now in use; 0 for the whole frame. */
  get tile(): number {
    return this.#tile;
  }

  async #allTiles(
    source: Picture,
    target: Picture,
    onTile: (progress: TileProgress) => void,
    stopped: () => boolean,
  ): Promise<FrameResult> {
    let nan = false;
    for (const [index, tile] of this.#tiles.entries()) {
      if (stopped()) return 'stopped';
      const result =
        this.#tiles.length === 1 && !this.#padded
          ? await this.#options.net.run(source, target)
          : await this.#oneTile(source, target, tile);
      nan ||= result.nan;
      onTile({ done: index + 1, tiles: this.#tiles.length, tile: this.#tile });
    }
    return { nan };
  }

  async #oneTile(source: Picture, target: Picture, { seen, kept }: Tile): Promise<{ nan: boolean }> {
    const { scale, width, height, planes } = this.#options;
    const buffers = (this.#scratch ??= this.#makeScratch());
    const input = pictureIn(buffers.input, seen.width, seen.height, planes);
    const output = pictureIn(buffers.output, seen.width * scale, seen.height * scale, planes);
    copyRect(source, seen, input, 0, 0);
    const result = await this.#options.net.run(input, output);
    const inside = {
      x: (kept.x - seen.x) * scale,
      y: (kept.y - seen.y) * scale,
      // What lies in the padding at the right and bottom is cut off.
      width: (Math.min(kept.x + kept.width, width) - kept.x) * scale,
      height: (Math.min(kept.y + kept.height, height) - kept.y) * scale,
    };
    copyRect(output, inside, target, kept.x * scale, kept.y * scale);
    return result;
  }

  #padding(frame: Picture): Picture {
    if (!this.#padded) return frame;
    reflectPad(frame, this.#padded, this.#options.prePad);
    return this.#padded;
  }

  #plan(): Tile[] {
    const { width, height, tilePad, fixed, alignment } = this.#options;
    const tiles = fixed
      ? planWindows(this.#size.width, this.#size.height, fixed, tilePad)
      : planTiles(this.#size.width, this.#size.height, this.#tile, roundUp(tilePad, alignment));
    // A tile that lies in the padding altogether adds nothing to the picture.
    return tiles.filter(({ kept }) => kept.x < width && kept.y < height);
  }

  #tellSizes(): void {
    const sizes = new Map(
      this.#tiles.map(({ seen: { width, height } }) => [`${width}x${height}`, { width, height }] as const),
    );
    this.#options.net.expect?.([...sizes.values()]);
  }

  #makeScratch() {
    const { scale } = this.#options;
    const largest = Math.max(...this.#tiles.map(({ seen }) => seen.width * seen.height));
    return { input: this.#samples(largest), output: this.#samples(largest * scale * scale) };
  }

  #samples(pixels: number): Samples {
    const { planes, bitDepth } = this.#options;
    return bitDepth === 8 ? new Uint8Array(planes * pixels) : new Uint16Array(planes * pixels);
  }

  #shrink(): void {
    const { fixed, onNotice } = this.#options;
    if (fixed)
      throw new UserError(
        `the model takes pictures of ${fixed.width}x${fixed.height} only, and they do not fit into memory: ` +
          'use another model, or another device',
      );
    const { width, height } = this.#size;
    const before = this.#tile;
    const next = smallerTile(width, height, before, this.#step);
    if (next === undefined) {
      throw new UserError(
        `the model does not fit into memory even with tiles of ${before || Math.max(width, height)} pixels: ` +
          'use a smaller model, or another device',
      );
    }
    onNotice(
      `out of memory with ${before === 0 ? 'whole frames' : `tiles of ${before} pixels`}: ` +
        `going on with tiles of ${next} pixels`,
    );
    this.#tile = next;
    this.#tiles = this.#plan();
    this.#tellSizes();
    this.#scratch = undefined;
  }
}

const roundUp = (size: number, step: number): number => step * Math.ceil(size / step);
