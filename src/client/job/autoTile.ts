import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { keyOf } from '../../job/keys.js';
import { readRemakable, replaceJson } from '../../lib/durable.js';
import { leastTile } from '../../upscaler/tiles.js';

/** Share of the memory that one network may take. */
const MEMORY_SHARE = 0.5;
/**
 * As much may be taken by a tile that was chosen before: it is never more than what is free now, see `deviceMemory`.
 */
const REMEMBERED_SHARE = 2 / 3;

/** For whom a tile is remembered. */
export interface RememberedFor {
  jobsRoot: string;
  /** Digest of the source. */
  source: string;
  /** False: only what was chosen before is taken. */
  write: boolean;
}

export interface TileRequest {
  /** Bytes of memory that the device has, see `deviceMemory`. */
  memory: number;
  /** Of the pictures. */
  width: number;
  height: number;
  bytesPerPixel: number;
  tilePad: number;
  /** What else of the method the pictures depend on. */
  method: object;
  remember?: RememberedFor | undefined;
}

const tileSchema = z.object({ tile: z.number().int().min(0) });

/**
 * The tile of a method that names none: the whole frame (0) where memory allows, else the largest square, a multiple
 * of 32, that fits; not so small that seams could be seen. It is part of a job's key: what was chosen once for a
 * source and a method is taken again as long as it fits, so that the same command finds its parts when less memory is
 * free.
 */
export async function autoTile(request: TileRequest): Promise<number> {
  const { remember, width, height, method } = request;
  const chosen = choose(request);
  if (!remember) return chosen;
  const folder = path.join(remember.jobsRoot, 'tiles');
  const file = path.join(folder, `${keyOf({ source: remember.source, width, height, method })}.json`);
  const before = await readRemakable(file, tileSchema);
  if (before && fits(before.tile, request)) return before.tile;
  if (remember.write) {
    await mkdir(folder, { recursive: true });
    await replaceJson(file, { tile: chosen });
  }
  return chosen;
}

function choose({ memory, width, height, bytesPerPixel, tilePad }: TileRequest): number {
  const pixels = (memory * MEMORY_SHARE) / bytesPerPixel;
  if (width * height <= pixels) return 0;
  return Math.max(leastTile(tilePad), Math.floor(Math.sqrt(pixels) / 32) * 32);
}

function fits(tile: number, { memory, width, height, bytesPerPixel, tilePad }: TileRequest): boolean {
  const pixels = tile === 0 ? width * height : tile * tile;
  return pixels * bytesPerPixel <= memory * REMEMBERED_SHARE || tile === leastTile(tilePad);
}
