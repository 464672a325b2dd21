import { mistakeIn } from './colors.js';
import { Misplaced } from './misplaced.js';
import { type Likeness, likeness, unlikeness } from './neighbours.js';
import { shiftOf } from './shift.js';
import { FrameTable } from './table.js';
import { CELLS, distance, lumaMean, structureOf, THUMBNAIL_BYTES } from './thumbnails.js';

/** How many frames before and after one are looked at for a neighbour that differs. Longer stills have none. */
export const REACH = 16;

interface Neighbour extends Likeness {
  /** How many frames later it is; negative when earlier. */
  step: number;
}

interface Pair {
  /** None around a part of a video: there the source's frames are only neighbours. */
  output: Uint8Array | undefined;
  source: Uint8Array;
}

/**
 * Compares thumbnails of an output with those of its source as they come. Holds a few pairs, and the numbers of all.
 */
export class Comparison {
  readonly table = new FrameTable();
  /** Of a part of a video. */
  readonly misplaced = new Misplaced();
  /** The last pairs; those from `#waiting` on wait for their followers. */
  readonly #pairs: Pair[] = [];
  #waiting = 0;
  readonly #isPart: boolean;

  constructor(isPart = false) {
    this.#isPart = isPart;
  }

  /** A frame of the source that lies before or behind those that are compared. */
  addNeighbour(source: Uint8Array): void {
    this.#add({ output: undefined, source });
  }

  add(output: Uint8Array, source: Uint8Array): void {
    this.#add({ output, source });
  }

  #add(pair: Pair): void {
    this.#pairs.push(pair);
    if (this.#pairs.length > this.#waiting + REACH) this.#measureNext();
  }

  /** Measures those that still wait for followers. */
  finish(): void {
    while (this.#waiting < this.#pairs.length) this.#measureNext();
  }

  #measureNext(): void {
    const at = this.#waiting;
    const { output, source } = this.#pairs[at] as Pair;
    if (output) this.#measure(at, output, source);
    if (output && this.#isPart) this.misplaced.add(output, source, this.#around(at));
    if (at === REACH) this.#pairs.shift();
    else this.#waiting++;
  }

  *#around(at: number): Generator<readonly [number, Uint8Array]> {
    for (const [i, { source }] of this.#pairs.entries()) if (i !== at) yield [i - at, source];
  }

  #measure(at: number, output: Uint8Array, source: Uint8Array): void {
    const neighbour = this.#nearer(at, output);
    const luma = distance(output, source);
    const shift = shiftOf(output, source);
    this.table.push({
      luma,
      chroma: distance(output, source, CELLS, THUMBNAIL_BYTES),
      unlike: unlikeness(output, source),
      share: neighbour?.share ?? 0,
      apart: neighbour?.apart ?? 0,
      neighbour: neighbour?.step ?? 0,
      shiftX: shift.x,
      shiftY: shift.y,
      shiftExplained: shift.explained,
      mistake: mistakeIn(output, source),
      level: lumaMean(output),
      sourceLevel: lumaMean(source),
      structure: structureOf(output),
      sourceStructure: structureOf(source),
    });
  }

  /** How much a picture is the frame before or the one after, of those that differ from its own; the larger one. */
  #nearer(at: number, output: Uint8Array): Neighbour | undefined {
    const before = this.#firstDistinct(at, output, -1);
    const after = this.#firstDistinct(at, output, 1);
    return before && after ? (before.share > after.share ? before : after) : (before ?? after);
  }

  #firstDistinct(at: number, output: Uint8Array, step: -1 | 1): Neighbour | undefined {
    const { source } = this.#pairs[at] as Pair;
    for (let i = at + step; this.#pairs[i] !== undefined; i += step) {
      const found = likeness(output, source, (this.#pairs[i] as Pair).source);
      if (found) return { ...found, step: i - at };
    }
    return undefined;
  }
}
