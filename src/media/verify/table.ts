/**
 * What is measured of every frame of the output. All are numbers; differences are roots of mean squares of 32x24
 * thumbnails in 8-bit code values.
 */
export interface Measured {
  /** Difference of luma. */
  luma: number;
  /** Difference of U and V together. */
  chroma: number;
  /** Difference of luma when brightness and contrast do not count. */
  unlike: number;
  /** How much the picture is a neighbouring source frame: 0 not at all, 1 wholly. */
  share: number;
  /** How far that neighbour is from the source frame. */
  apart: number;
  /** How many frames later that neighbour is, negative when earlier; 0 where there is none. */
  neighbour: number;
  /** Shift in cells of the thumbnail, to the right and down, and how much of the difference it explains. */
  shiftX: number;
  shiftY: number;
  shiftExplained: number;
  /** Index of a known mistake in the colours, -1 for none. */
  mistake: number;
  /** Mean luma of the output and of the source, 0 to 255. */
  level: number;
  sourceLevel: number;
  /** Standard deviation of the most structured plane of the output and of the source, in code values. */
  structure: number;
  sourceStructure: number;
}

const FIELDS = [
  'luma',
  'chroma',
  'unlike',
  'share',
  'apart',
  'neighbour',
  'shiftX',
  'shiftY',
  'shiftExplained',
  'mistake',
  'level',
  'sourceLevel',
  'structure',
  'sourceStructure',
] as const satisfies (keyof Measured)[];

/** Of a float. */
const BYTES = 4;

/** What was measured of all frames: 56 bytes for each. */
export class FrameTable {
  #block = new Float32Array(FIELDS.length * 1024);
  frames = 0;

  push(frame: Measured): void {
    const at = this.frames++ * FIELDS.length;
    if (at === this.#block.length) {
      const larger = new Float32Array(2 * this.#block.length);
      larger.set(this.#block);
      this.#block = larger;
    }
    for (const [k, field] of FIELDS.entries()) this.#block[at + k] = frame[field];
  }

  /** All that was measured, to be kept on the disk: little-endian 32-bit floats in base64. */
  encoded(): string {
    const values = this.#block.subarray(0, this.frames * FIELDS.length);
    const bytes = Buffer.alloc(values.length * BYTES);
    for (const [i, value] of values.entries()) bytes.writeFloatLE(value, i * BYTES);
    return bytes.toString('base64');
  }

  /** Appends what {@link encoded} gave. @returns how many frames it holds. */
  append(encoded: string): number {
    const bytes = Buffer.from(encoded, 'base64');
    const frames = Math.floor(bytes.length / BYTES / FIELDS.length);
    for (let frame = 0; frame < frames; frame++) {
      const measured = FIELDS.map((name, k) => [name, bytes.readFloatLE((frame * FIELDS.length + k) * BYTES)]);
      this.push(Object.fromEntries(measured) as Measured);
    }
    return frames;
  }

  get(frame: number, field: keyof Measured): number {
    return this.#block[frame * FIELDS.length + FIELDS.indexOf(field)] as number;
  }

  column(field: keyof Measured): Float32Array {
    return new Float32Array(this.frames).map((_, frame) => this.get(frame, field));
  }
}

export const median = (values: Float32Array): number => values.slice().sort()[values.length >> 1] ?? 0;
