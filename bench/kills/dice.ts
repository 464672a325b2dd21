import { createHash } from 'node:crypto';

/**
 * Chance that comes again: the same seed and the same purpose throw the same numbers, whatever else was thrown before.
 */
export class Dice {
  readonly #seed: string;
  #thrown = 0;

  constructor(seed: number, ...purpose: (string | number)[]) {
    this.#seed = [seed, ...purpose].join(' ');
  }

  /** At least 0, below 1. */
  throw(): number {
    const digest = createHash('sha256')
      .update(`${this.#seed} ${this.#thrown++}`)
      .digest();
    return digest.readUIntBE(0, 6) / 2 ** 48;
  }

  between(low: number, high: number): number {
    return low + (high - low) * this.throw();
  }

  /** A whole number, at least 0, below `count`. */
  below(count: number): number {
    return Math.floor(this.throw() * count);
  }

  /** Undefined of an empty list; the number of throws is the same. */
  pick<T>(list: readonly T[]): T | undefined {
    return list[this.below(list.length)];
  }

  /** One of several by their weights. */
  weighted<T>(choices: readonly (readonly [weight: number, choice: T])[]): T {
    let left = this.throw() * choices.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, choice] of choices) {
      left -= weight;
      if (left < 0) return choice;
    }
    return (choices.at(-1) as readonly [number, T])[1];
  }
}
