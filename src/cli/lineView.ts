import { fitted } from './columns.js';
import { REWRITE } from './output.js';

/** Between two lines where they cannot be rewritten. */
const EVERY_MS = 5000;

/** Where progress goes: a line that is rewritten on a terminal, one every few seconds elsewhere. */
export class LineView {
  readonly #out: NodeJS.WriteStream;
  readonly #said = new Set<string>();
  #lastAt = -Infinity;
  #lastText = '';

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  protected get interactive(): boolean {
    return this.#out.isTTY;
  }

  /** @param isNews whether a line has to stand behind the last one at once. */
  protected show(text: string, now: number, isNews: (last: string) => boolean = () => false): void {
    if (this.interactive) {
      this.#out.write(`${REWRITE}${fitted(text, (this.#out.columns || 80) - 1)}`);
    } else if (text !== this.#lastText && (now - this.#lastAt >= EVERY_MS || isNews(this.#lastText))) {
      this.#out.write(`${text}\n`);
      this.#lastAt = now;
      this.#lastText = text;
    }
  }

  /** A line that stays. */
  line(text: string): void {
    this.#out.write(this.interactive ? `${REWRITE}${text}\n` : `${text}\n`);
  }

  /** Lines that stay, each said once. */
  protected once(texts: readonly string[]): void {
    for (const text of texts) {
      if (!this.#said.has(text)) this.line(text);
      this.#said.add(text);
    }
  }

  end(): void {
    if (this.interactive) this.#out.write(REWRITE);
  }
}
