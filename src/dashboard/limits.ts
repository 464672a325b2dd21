import pLimit from 'p-limit';

/** More is asked for than this process does at once; answered with 429. */
export class TooMany extends Error {
  override readonly name = 'TooMany';
}

/** Lets a few of one kind of work in at a time, and a few more wait; whoever comes then is sent away. */
export class Turnstile {
  readonly #limit;
  readonly #most: number;
  readonly #refusal: string;
  #inside = 0;

  /** @param refusal what those are told who are sent away. */
  constructor({ atOnce, waiting }: { atOnce: number; waiting: number }, refusal: string) {
    this.#limit = pLimit(atOnce);
    [this.#most, this.#refusal] = [atOnce + waiting, refusal];
  }

  /** @param signal of the one who asked: work that nobody waits for any more is not begun. @throws TooMany */
  async pass<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const leave = this.enter();
    try {
      return await this.#limit(() => {
        signal.throwIfAborted();
        return work();
      });
    } finally {
      leave();
    }
  }

  /** A place for as long as the caller likes. @returns what gives it back. @throws TooMany */
  enter(): () => void {
    if (this.#inside >= this.#most) throw new TooMany(this.#refusal);
    this.#inside++;
    let left = false;
    return () => {
      if (!left) this.#inside--;
      left = true;
    };
  }
}
