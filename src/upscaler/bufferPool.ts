/**
 * A fixed number of buffers that go round: who takes one waits until somebody gives one back. This is what bounds
 * memory.
 */
export class BufferPool {
  readonly #free: ArrayBuffer[];
  readonly #waiting: { resolve: (buffer: ArrayBuffer) => void; reject: (error: unknown) => void }[] = [];
  #closed: { error: unknown } | undefined;

  constructor(count: number, bytes: number) {
    this.#free = Array.from({ length: count }, () => new ArrayBuffer(bytes));
  }

  take(): Promise<ArrayBuffer> {
    // oxlint-disable-next-line typescript/prefer-promise-reject-errors -- passed on as it came
    if (this.#closed) return Promise.reject(this.#closed.error);
    const free = this.#free.pop();
    if (free) return Promise.resolve(free);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  give(buffer: ArrayBuffer): void {
    const next = this.#waiting.shift();
    if (next) next.resolve(buffer);
    else this.#free.push(buffer);
  }

  /** Nobody waits for ever: all who wait, and all who come, get the error. */
  close(error: unknown): void {
    this.#closed ??= { error };
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
