import { LRUCache } from 'lru-cache';
import type { Config } from '../../temporal.config.js';
import { resolveRooted } from '../job/layout.js';
import { UserError, WorldError } from '../lib/errors.js';
import { exists } from '../lib/files.js';
import { withLimit } from '../lib/limit.js';
import { inputFrom } from '../media/picture/frameSource.js';
import { jpegOf } from '../media/picture/jpeg.js';
import { probeSource } from '../media/source/probe.js';
import { JobPictures } from './jobPictures.js';
import { Turnstile } from './limits.js';
import { requireUnlinked } from './links.js';
import type { LiveState } from './liveState.js';
import type { Frames } from './schemas/pictures.js';

/** Pictures that are decoded at the same time, beside whatever jobs run here, and those that may wait for it. */
const DECODING = { atOnce: 2, waiting: 48 };
const LONGEST_MS = 60_000;
const MEMORY_BYTES = 64e6;
const POSTER_WIDTH = 240;
/** Where in a video its poster is, from 0 to 1: past the titles of most. */
const POSTER_AT = 0.15;

type Picture = Uint8Array<ArrayBuffer>;

/** Pictures of jobs for pages. They are kept for a while, and few are made at once. */
export class PictureCache {
  readonly #config: Config;
  readonly #liveState: LiveState;
  readonly #decoding = new Turnstile(DECODING, 'too many pictures are asked for at once: try again in a moment');
  readonly #films = new LRUCache<string, JobPictures>({ max: 8, ttl: 30_000 });
  readonly #kept = new LRUCache<string, Picture>({
    maxSize: MEMORY_BYTES,
    sizeCalculation: (picture) => picture.length + 100,
  });

  constructor(config: Config, liveState: LiveState) {
    [this.#config, this.#liveState] = [config, liveState];
  }

  async frames(jobKey: string): Promise<Frames> {
    const film = await this.#film(jobKey);
    return { ...film.shape, ready: await film.ready() };
  }

  /** @throws UserError for a frame that is not there, or not yet. */
  picture(
    jobKey: string,
    side: 'source' | 'result',
    frame: number,
    width: number,
    signal: AbortSignal,
  ): Promise<Picture> {
    return this.#once(`${jobKey} ${side} ${frame} ${width}`, signal, async (within) => {
      const film = await this.#film(jobKey);
      if (frame >= film.shape.frames)
        throw new UserError(`there is no frame ${frame}: the last one is ${film.shape.frames - 1}`);
      const picture = await film[side](frame, width, within);
      if (!picture) throw new UserError(`frame ${frame} is not upscaled yet`);
      return picture;
    });
  }

  /**
   * A small picture of a job's source, whether or not the job has begun. @returns undefined where there is none any
   * more, or none that can be read.
   */
  async poster(jobKey: string, signal: AbortSignal): Promise<Picture | undefined> {
    const spec = this.#spec(jobKey);
    const file = resolveRooted(this.#config.roots, spec.input);
    if (!(await exists(file))) return undefined;
    const made = this.#once(`poster ${spec.source.digest} ${spec.picture.program ?? ''}`, signal, async (within) => {
      await requireUnlinked(this.#config.roots[spec.input.root], file);
      const info = await probeSource(file, { program: spec.picture.program, signal: within });
      const at = Math.max(0, (info.durationSeconds ?? 0) * POSTER_AT);
      return jpegOf(
        {
          input: ['-noaccurate_seek', '-ss', at.toFixed(3), ...inputFrom(file, info.video.index, undefined)],
          filters: [],
          video: info.video,
        },
        { width: POSTER_WIDTH, signal: within },
      );
    });
    return made.catch((error: unknown) => {
      if (error instanceof UserError || error instanceof WorldError || error instanceof RangeError) return undefined;
      throw error;
    });
  }

  #spec(jobKey: string) {
    const stored = this.#liveState.stored(jobKey);
    if (!stored) throw new UserError('there is no such job');
    return stored.spec;
  }

  async #film(jobKey: string): Promise<JobPictures> {
    const spec = this.#spec(jobKey);
    const known = this.#films.get(jobKey);
    if (known) return known;
    const film = await JobPictures.open(this.#config.roots, spec);
    this.#films.set(jobKey, film);
    return film;
  }

  async #once(
    name: string,
    signal: AbortSignal,
    make: (signal: AbortSignal) => Promise<Uint8Array>,
  ): Promise<Picture> {
    const kept = this.#kept.get(name);
    if (kept) return kept;
    return this.#decoding.pass(signal, async () => {
      const again = this.#kept.get(name);
      if (again) return again;
      const picture = new Uint8Array(await withLimit(LONGEST_MS, signal, make));
      this.#kept.set(name, picture);
      return picture;
    });
  }
}
