import { UserError } from '../../lib/errors.js';
import type { Series } from './scores.js';

const KEY = /^lavfi\.(?:psnr\.psnr[._](y|u|v|r|g|b|avg)|ssim\.(All))=(.*)$/;

/**
 * Reads the lines that `metadata=mode=print` writes for the graph of {@link compareArgs}: `frame:5 pts:5 …`, then keys
 * with their values.
 */
export class ScoreReader {
  readonly #times: number[] = [];
  readonly #series = new Map<string, Series>();
  #framesB = 0;
  #pts = NaN;

  /** @throws UserError when a video changes its picture in mid-stream, so that filters count anew. */
  add(line: string): void {
    const frame = /^frame:\d+\s+pts:(\S+)/.exec(line);
    if (frame) this.#pts = Number(frame[1]);
    else if (line === 'reelscale.a=1') this.#times.push(this.#pts);
    else if (line === 'reelscale.b=1') this.#framesB++;
    else this.#score(line);
  }

  #score(line: string): void {
    const match = KEY.exec(line);
    if (!match) return;
    const [, plane, all, text] = match;
    const name = all ?? plane ?? '';
    const series = this.#series.get(name) ?? seriesOf(all ? undefined : plane);
    this.#series.set(name, series);
    const { values } = series;
    if (this.#pts !== values.length)
      throw new UserError(
        'one of the videos changes the size of its picture in mid-stream, so frames cannot be told apart',
      );
    values.push(text === 'inf' ? Infinity : Number(text));
  }

  /** `timesA`: timestamps of A's frames in its ticks. */
  end(): { timesA: number[]; framesB: number; series: Series[] } {
    return { timesA: this.#times, framesB: this.#framesB, series: [...this.#series.values()] };
  }
}

const seriesOf = (plane: string | undefined): Series =>
  plane === undefined
    ? { measure: 'ssim', values: [] }
    : { measure: 'psnr', plane: plane === 'avg' ? 'average' : plane, values: [] };
