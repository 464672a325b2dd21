/** Samples that are kept of one job. */
const MOST = 600;

/**
 * Frames a second over time, of any length: when it is full, two neighbours become one, so that a night takes no more
 * room than a minute.
 */
export class SpeedHistory {
  #points: [at: number, fps: number][] = [];
  #stepMs = 1000;
  #sum = 0;
  #count = 0;
  #since = -Infinity;

  /** @param at milliseconds, increasing. */
  add(at: number, fps: number): void {
    this.#sum += fps;
    this.#count++;
    if (at - this.#since < this.#stepMs) return;
    this.#points.push([at, round(this.#sum / this.#count)]);
    [this.#sum, this.#count, this.#since] = [0, 0, at];
    if (this.#points.length <= MOST) return;
    this.#stepMs *= 2;
    this.#points = this.#points.flatMap(([when, value], i) => {
      const next = this.#points[i + 1];
      return i % 2 === 1
        ? []
        : [[next?.[0] ?? when, next ? round((value + next[1]) / 2) : value] satisfies [number, number]];
    });
  }

  /** Samples that are later than a time. */
  after(at = -Infinity): [number, number][] {
    return this.#points.filter(([when]) => when > at);
  }
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
