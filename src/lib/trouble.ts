/** Tells of what is tried again and again: once, and again only after it has changed or was over. */
export class Trouble {
  readonly #tell: (reason: string) => void;
  #told: string | undefined;

  constructor(tell: (reason: string) => void) {
    this.#tell = tell;
  }

  /** To catch errors with: `look().catch(trouble.met)`. */
  readonly met = (error: unknown): undefined => {
    const reason = error instanceof Error ? error.message : String(error);
    if (reason !== this.#told) this.#tell(reason);
    this.#told = reason;
  };

  readonly over = (): void => {
    this.#told = undefined;
  };
}
