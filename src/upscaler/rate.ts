/** Frames a second over the last pieces of work; pieces may be fractions of a frame. */
export class Rate {
  readonly #window: { at: number; frames: number }[] = [];
  #frames = 0;

  /** @param now seconds on any clock that does not go back. */
  constructor(now: number) {
    this.#window.push({ at: now, frames: 0 });
  }

  add(frames: number, now: number): void {
    this.#frames += frames;
    this.#window.push({ at: now, frames: this.#frames });
    if (this.#window.length > 33) this.#window.shift();
  }

  get perSecond(): number {
    const [first, last] = [this.#window[0], this.#window.at(-1)];
    if (!first || !last || last.at <= first.at) return 0;
    return (last.frames - first.frames) / (last.at - first.at);
  }
}
