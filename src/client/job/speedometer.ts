/** Speed over the last half minute, since a job that was resumed has frames that cost nothing. */
export class Speedometer {
  readonly #samples: { at: number; frames: number }[] = [];

  add(at: number, frames: number): void {
    this.#samples.push({ at, frames });
    while (this.#samples.length > 2 && at - (this.#samples[0]?.at ?? at) > 30_000) this.#samples.shift();
  }

  /** Frames a second, 0 until two samples are there. */
  get fps(): number {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (!first || !last || last.at === first.at) return 0;
    return (1000 * (last.frames - first.frames)) / (last.at - first.at);
  }
}
