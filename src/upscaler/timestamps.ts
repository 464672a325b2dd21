/** Joins the timestamps that ffmpeg prints on one pipe with the frames that it writes to another. */
export class Timestamps {
  #pts: number[] = [];
  #ended = false;
  #wake: (() => void) | undefined;

  readonly add = (pts: number): void => {
    this.#pts.push(pts);
    this.#wake?.();
  };

  /** No more will come. */
  readonly end = (): void => {
    this.#ended = true;
    this.#wake?.();
  };

  /** The next `count`, once they are there; fewer when there will be no more. */
  async take(count: number): Promise<number[]> {
    while (this.#pts.length < count && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#pts.splice(0, count);
  }
}
