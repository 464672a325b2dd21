/**
 * Frames to which something happened, as runs of consecutive numbers. Of many runs the first ones are kept, and a
 * count.
 */
export class Runs {
  frames = 0;
  readonly kept: [first: number, last: number][] = [];
  private last = NaN;
  private count = 0;
  private readonly most: number;

  /** @param most runs that are kept. */
  constructor(most = 5) {
    this.most = most;
  }

  /** @param frame larger than the one before. */
  add(frame: number): void {
    this.frames++;
    const run = this.kept.at(-1);
    if (frame === this.last + 1) {
      if (run && run[1] === this.last) run[1] = frame;
    } else {
      this.count++;
      if (this.kept.length < this.most) this.kept.push([frame, frame]);
    }
    this.last = frame;
  }

  /** The same of frames that are counted from another one. */
  shifted(by: number): Runs {
    const runs = new Runs(this.most);
    runs.frames = this.frames;
    runs.count = this.count;
    runs.last = this.last + by;
    runs.kept.push(...this.kept.map(([first, last]): [number, number] => [first + by, last + by]));
    return runs;
  }

  /** `frames 30 to 39, frame 51 and 3 more runs` */
  toString(): string {
    const named = this.kept
      .map(([first, last]) => (first === last ? `frame ${first}` : `frames ${first} to ${last}`))
      .join(', ');
    const more = this.count - this.kept.length;
    return more > 0 ? `${named} and ${more} more run${more === 1 ? '' : 's'}` : named;
  }
}
