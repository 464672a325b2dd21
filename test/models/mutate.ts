/** Changes files at random, the same way for the same seed. */
export class Mutator {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** Below `limit`; Lehmer's generator. */
  below(limit: number): number {
    this.#state = (this.#state * 48_271) % 2_147_483_647;
    return this.#state % limit;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }

  /** One to three changes. */
  bytes(original: Uint8Array): Uint8Array {
    let changed = Buffer.from(original);
    for (let i = this.below(3); i >= 0; i--) changed = this.#change(changed);
    return new Uint8Array(changed);
  }

  #change(bytes: Buffer): Buffer<ArrayBuffer> {
    const copy = Buffer.from(bytes);
    const at = this.below(copy.length + 1);
    const end = Math.min(at + 1 + this.below(this.pick([4, 40, 400])), copy.length);
    switch (this.below(7)) {
      case 0: // One bit.
        if (at < copy.length) copy[at] = (copy[at] as number) ^ (1 << this.below(8));
        return copy;
      case 1: // One byte.
        if (at < copy.length) copy[at] = this.pick([0, 1, 0x2e, 0x7f, 0x80, 0xff, this.below(256)]);
        return copy;
      case 2: // A number as large as there are.
        copy.fill(
          Buffer.from(this.pick(['ffffffff', 'ffffff7f', '00000080', '00000000', 'ffffffffffffff7f']), 'hex'),
          at,
          Math.min(at + this.pick([4, 8]), copy.length),
        );
        return copy;
      case 3:
        return copy.subarray(0, at);
      case 4: // A piece less.
        return Buffer.concat([copy.subarray(0, at), copy.subarray(end)]);
      case 5: // A piece twice.
        return Buffer.concat([copy.subarray(0, end), copy.subarray(at)]);
      default: {
        // A piece of it elsewhere.
        const piece = copy.subarray(at, end);
        const to = this.below(copy.length + 1);
        return Buffer.concat([copy.subarray(0, to), piece, copy.subarray(to)]);
      }
    }
  }

  /** As bytes, or one of its numbers or words by another. */
  text(original: string): string {
    if (this.below(2) === 0) return new TextDecoder().decode(this.bytes(new TextEncoder().encode(original)));
    const words = original.split(/(?<=[\s=,])/);
    const at = this.below(words.length);
    words[at] =
      this.pick([
        '0',
        '-1',
        '1e308',
        '4294967296',
        '99999999999999999999',
        '1000000000',
        '-233',
        '0.5',
        'x',
        '=',
        '',
        this.pick(words),
      ]) + (/\s$/.exec(words[at] as string)?.[0] ?? '');
    return words.join('');
  }
}
