/** Tells pictures that are the one before, byte by byte. */
export class Repeats {
  readonly #last: Uint8Array;
  #any = false;

  /** @param bytes the beginning of a picture, which counts; what lies behind it may differ. */
  constructor(bytes: number) {
    this.#last = new Uint8Array(bytes);
  }

  /** Whether a picture is the one that was asked about last. */
  is(picture: Uint8Array): boolean {
    const counting = picture.subarray(0, this.#last.length);
    if (this.#any && Buffer.compare(counting, this.#last) === 0) return true;
    this.#last.set(counting);
    this.#any = true;
    return false;
  }
}
