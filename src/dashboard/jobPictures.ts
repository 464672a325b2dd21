import path from 'node:path';
import type { From } from '../job/contracts.js';
import type { Roots } from '../job/layout.js';
import { partSchema } from '../job/parts.js';
import type { Plan } from '../job/plan.js';
import type { JobSpec } from '../job/spec.js';
import { overlookDamage, readJson } from '../lib/durable.js';
import { UserError } from '../lib/errors.js';
import { isFile } from '../lib/files.js';
import { toNumber } from '../lib/rational.js';
import { deliverableColor } from '../media/picture/color.js';
import { checkPts, type FrameSource, frameArgs, inputFrom } from '../media/picture/frameSource.js';
import { jpegOf } from '../media/picture/jpeg.js';
import { deliverableShape } from '../media/picture/shape.js';
import { type LoadedJob, loadDelivered, loadFrames, loadJob } from '../media/source/loadedJob.js';
import { aspectOf } from '../media/verify/stills.js';
import { endOf, plannedOf, recordsIn } from './durableFrames.js';
import { requireUnlinked } from './links.js';

/** Where a frame of the result is: in a part, or in the delivered file. */
interface Place {
  root: keyof Roots;
  file: string;
  /** Seconds to its middle. */
  seconds: number;
}

/**
 * A job's frames, of the source and of what is there of the result. Reads only: nothing that is found wrong is
 * removed.
 */
export class JobPictures {
  readonly #roots: Roots;
  readonly #job: LoadedJob;
  readonly #from: From;
  readonly #plan: Plan;
  readonly #source: FrameSource;
  /** When the result shows each frame, in seconds. */
  readonly #shownAt: Float64Array;
  /** Where each part that was seen ends, by its record's path; a record never changes. */
  readonly #ends = new Map<string, number>();

  private constructor(
    roots: Roots,
    job: LoadedJob,
    from: From,
    plan: Plan,
    source: FrameSource,
    shownAt: Float64Array,
  ) {
    [this.#roots, this.#job, this.#from, this.#plan, this.#source, this.#shownAt] = [
      roots,
      job,
      from,
      plan,
      source,
      shownAt,
    ];
  }

  /** @throws UserError while the source has not been read yet, and where it is gone or changed. */
  static async open(roots: Roots, spec: JobSpec): Promise<JobPictures> {
    const job = await loadJob(roots, spec);
    const planned = await plannedOf(roots, spec);
    if (!planned) throw new UserError('there are no frames yet: the source is still being read');
    const { from, plan } = planned;
    const { pts, timebase } = await loadDelivered(job, from);
    const first = pts[0] ?? 0;
    const shownAt = Float64Array.from(pts, (value) => (value - first) * toNumber(timebase));
    return new JobPictures(roots, job, from, plan, await loadFrames(job, from), shownAt);
  }

  get shape(): { frames: number; fps: number; aspect: number; width: number; height: number; scale: number } {
    const { video } = this.#source.info;
    const {
      method: { scale },
      picture,
    } = this.#job.spec;
    const { width, height } = deliverableShape(video, scale, picture);
    return {
      frames: this.#plan.frames,
      fps: toNumber(video.frameRate),
      aspect: aspectOf(video),
      width,
      height,
      scale,
    };
  }

  /** @throws RangeError for a frame that is not there. */
  async source(frame: number, width: number, signal: AbortSignal): Promise<Buffer> {
    await requireUnlinked(
      this.#roots[this.#from === 'source' ? this.#job.spec.input.root : 'jobs'],
      this.#source.file,
    );
    const pts: number[] = [];
    const picture = await jpegOf(
      { ...frameArgs(this.#source, frame, frame + 1), video: this.#source.info.video },
      { width, signal, onPts: (value) => pts.push(value) },
    );
    checkPts(this.#source, frame, pts.slice(0, 1), frame + 1);
    return picture;
  }

  /** @returns undefined while the result has no such frame. */
  async result(frame: number, width: number, signal: AbortSignal): Promise<Buffer | undefined> {
    const place = await this.#place(frame);
    if (!place) return undefined;
    try {
      return await this.#pictureAt(place, width, signal);
    } catch (error) {
      // A part goes once what is made of it is there: the frame lies in that then.
      if (signal.aborted || (await isFile(place.file))) throw error;
      const next = await this.#place(frame);
      if (!next) throw error;
      return this.#pictureAt(next, width, signal);
    }
  }

  async #pictureAt(place: Place, width: number, signal: AbortSignal): Promise<Buffer> {
    await requireUnlinked(this.#roots[place.root], place.file);
    const { info } = this.#source;
    // Half a frame early: the first picture at or after it is the one.
    const seconds = Math.max(0, place.seconds - 0.5 / toNumber(info.video.frameRate));
    const { method, picture } = this.#job.spec;
    const { bitDepth } = picture;
    const video = {
      ...info.video,
      ...deliverableShape(info.video, method.scale, picture),
      pixelFormat: bitDepth === 10 ? 'yuv420p10le' : 'yuv420p',
      bitDepth,
      color: deliverableColor(info),
    };
    const seek = place.seconds > 0 ? ['-ss', seconds.toFixed(6)] : [];
    return jpegOf(
      {
        input: [...seek, ...inputFrom(place.file, 0, undefined).filter((argument) => argument !== '-copyts')],
        filters: [],
        video,
      },
      { width, signal },
    );
  }

  /** Half-open ranges of frames that the result has so far, in order. */
  async ready(): Promise<[number, number][]> {
    if ((await isFile(this.#job.output)) && (await isFile(this.#job.layout.report))) return [[0, this.#plan.frames]];
    const found: [number, number][] = [];
    for (const { index } of this.#plan.segments) {
      for (const folder of this.#folders(index)) {
        for (const { start, record } of await recordsIn(folder)) {
          const end = this.#ends.get(record) ?? (await endOf(record));
          if (end === undefined) continue;
          this.#ends.set(record, end);
          found.push([start, end]);
        }
      }
    }
    return joined(found);
  }

  #folders(segment: number): string[] {
    return [this.#job.layout.planned(this.#from).parts(segment), this.#job.layout.encoded(this.#from, segment)];
  }

  async #place(frame: number): Promise<Place | undefined> {
    const segment = this.#plan.segments.find(
      ({ startFrame, frames }) => frame >= startFrame && frame < startFrame + frames,
    );
    if (!segment) throw new RangeError(`there is no frame ${frame}`);
    const rate = toNumber(this.#source.info.video.frameRate);
    for (const folder of this.#folders(segment.index)) {
      const record = (await recordsIn(folder)).filter(({ start }) => start <= frame).at(-1)?.record;
      const part = record === undefined ? undefined : await readJson(record, partSchema).catch(overlookDamage);
      if (!part || part.end <= frame) continue;
      const file = path.join(folder, part.file);
      if (await isFile(file)) return { root: 'jobs', file, seconds: (frame - part.start) / rate };
    }
    const delivered = (await isFile(this.#job.layout.report)) && (await isFile(this.#job.output));
    return delivered
      ? { root: this.#job.spec.output.root, file: this.#job.output, seconds: this.#shownAt[frame] ?? 0 }
      : undefined;
  }
}

function joined(ranges: [number, number][]): [number, number][] {
  const result: [number, number][] = [];
  for (const [start, end] of ranges.sort((a, b) => a[0] - b[0])) {
    const last = result.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else result.push([start, end]);
  }
  return result;
}
