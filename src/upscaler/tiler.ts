import { UserError } from '../job/errors.js';
import { copyRect, pictureBytes, reflectPad, type Picture } from './picture.js';
import { planTiles, smallerTile, type Tile } from './tiles.js';

/** A network that enlarges planar pictures. `run` fills `output` and says whether the network gave anything that is not a number. */
export interface FrameNet {
  run(input: Picture, output: Picture): Promise<{ nan: boolean }>;
}

export interface TilerOptions {
  net: FrameNet;
  width: number;
  height: number;
  scale: number;
  /** Edge in source pixels; 0 for the whole frame at once. */
  tile: number;
  tilePad: number;
  prePad: number;
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

const OUT_OF_MEMORY = /bad_alloc|out of memory|failed to allocate|OUT_OF_MEMORY|ALLOC_FAILED|cudaErrorMemoryAllocation/i;
export const isOutOfMemory = (error: unknown): boolean => error instanceof Error && OUT_OF_MEMORY.test(error.message);

/**
 * Takes frames of one size through a network, tile by tile, with the semantics of Real-ESRGAN's RealESRGANer. When memory
 * runs out it goes on with smaller tiles, which it keeps from then on. Its buffers are made once and used for every frame.
 */
export class Tiler {
  readonly #options: TilerOptions;
  readonly #padded: Picture | undefined;
  #tile: number;
  #tiles: Tile[];
  #scratch: { input: Uint8Array; output: Uint8Array } | undefined;

  constructor(options: TilerOptions) {
    const { width, height, prePad, tile } = options;
    this.#options = options;
    this.#padded = prePad > 0 ? blank(width + prePad, height + prePad) : undefined;
    this.#tile = tile;
    this.#tiles = this.#plan();
  }

  /**
   * @param input width x height samples a plane. @param output `scale` times as wide and high; overwritten.
   * @param stopped asked before every tile; the frame is given up once it says yes.
   * @throws UserError when even the smallest tile does not fit into memory.
   */
  async upscale(
    input: Uint8Array,
    output: Uint8Array,
    onTile: (progress: TileProgress) => void,
    stopped: () => boolean,
  ): Promise<FrameResult> {
    const { width, height, scale } = this.#options;
    const source = this.#padding({ data: input, width, height });
    const target = { data: output, width: width * scale, height: height * scale };
    for (;;) {
      try {
        return await this.#allTiles(source, target, onTile, stopped);
      } catch (error) {
        if (!isOutOfMemory(error)) throw error;
        this.#shrink();
      }
    }
  }

  async #allTiles(source: Picture, target: Picture, onTile: (progress: TileProgress) => void, stopped: () => boolean): Promise<FrameResult> {
    let nan = false;
    for (const [index, tile] of this.#tiles.entries()) {
      if (stopped()) return 'stopped';
      const result = this.#tiles.length === 1 && !this.#padded ? await this.#options.net.run(source, target) : await this.#oneTile(source, target, tile);
      nan ||= result.nan;
      onTile({ done: index + 1, tiles: this.#tiles.length, tile: this.#tile });
    }
    return { nan };
  }

  async #oneTile(source: Picture, target: Picture, { seen, kept }: Tile): Promise<{ nan: boolean }> {
    const { scale, width, height } = this.#options;
    const buffers = (this.#scratch ??= this.#makeScratch());
    const input = view(buffers.input, seen.width, seen.height);
    const output = view(buffers.output, seen.width * scale, seen.height * scale);
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
    reflectPad(frame, this.#padded);
    return this.#padded;
  }

  #plan(): Tile[] {
    const { width, height, prePad, tilePad } = this.#options;
    const tiles = planTiles(width + prePad, height + prePad, this.#tile, tilePad);
    // A tile that lies in the padding altogether adds nothing to the picture.
    return tiles.filter(({ kept }) => kept.x < width && kept.y < height);
  }

  #makeScratch() {
    const { scale } = this.#options;
    const largest = Math.max(...this.#tiles.map(({ seen }) => pictureBytes(seen.width, seen.height)));
    return { input: new Uint8Array(largest), output: new Uint8Array(largest * scale * scale) };
  }

  #shrink(): void {
    const { width, height, prePad, onNotice } = this.#options;
    const before = this.#tile;
    const next = smallerTile(width + prePad, height + prePad, before);
    if (next === undefined) {
      throw new UserError(`the model does not fit into memory even with tiles of ${before || Math.max(width, height)} pixels: use a smaller model, or another device`);
    }
    onNotice(`out of memory with ${before === 0 ? 'whole frames' : `tiles of ${before} pixels`}: going on with tiles of ${next} pixels`);
    this.#tile = next;
    this.#tiles = this.#plan();
    this.#scratch = undefined;
  }
}

const blank = (width: number, height: number): Picture => ({ data: new Uint8Array(pictureBytes(width, height)), width, height });
const view = (buffer: Uint8Array, width: number, height: number): Picture => ({ data: buffer.subarray(0, pictureBytes(width, height)), width, height });
