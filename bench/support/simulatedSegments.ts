/** A job on a machine that is only counted: nothing runs. */
export interface SimulatedJob {
  /** Frames in each segment, in order. */
  segments: readonly number[];
  devices: number;
  /** Frames a second of each device. */
  fps: number;
  /** Seconds that a segment costs its device beside its frames. */
  gap: number;
  cores: number;
  /** Processor seconds of a frame's encode. */
  work: number;
  /** Of one encode, which never uses more cores than that. */
  threads: number;
  /** Encodes at the same time. */
  lanes: number;
  /** Segments that may be at a device or wait for their encode. */
  backlog: number;
  /** Frames in a part, where an encode follows the upscale of its segment; undefined where it begins behind it. */
  follow: number | undefined;
}

interface Simulated {
  /** Until the last segment is encoded. */
  seconds: number;
  /** Shares of that time. */
  busyDevices: number;
  busyCores: number;
}

interface Segment {
  frames: number;
  /** When its device begins with its first frame. */
  since: number;
  /** Processor seconds of its encode that are done. */
  encoded: number;
}

/**
 * Lets segments pass through devices and encodes as the workflow does: the lowest segment goes to whichever device is
 * free, while the backlog has room; what is upscaled is encoded in the order in which it came, or followed. Encodes
 * share the cores evenly.
 */
export function simulate(job: SimulatedJob): Simulated {
  const { segments, devices, fps, gap, cores, work, threads, lanes, backlog, follow } = job;
  const toUpscale = [...segments];
  const waiting: Segment[] = [];
  const encoding: Segment[] = [];
  const upscaling: Segment[] = [];
  let now = 0;
  let open = 0;
  let coreSeconds = 0;
  const end = ({ since, frames }: Segment): number => since + frames / fps;
  /** Frames that an encode may read at a moment, and when there will be more. */
  const readable = (segment: Segment): number => {
    if (now >= end(segment) - EPSILON) return segment.frames;
    return follow === undefined ? 0 : follow * Math.floor(((now - segment.since) * fps) / follow + EPSILON);
  };
  const next = (segment: Segment): number =>
    Math.min(end(segment), follow === undefined ? Infinity : segment.since + (readable(segment) + follow) / fps);
  /** It has something to encode. */
  const isHungry = (segment: Segment): boolean => segment.encoded < readable(segment) * work - EPSILON;

  for (;;) {
    for (const done of upscaling.filter((segment) => end(segment) <= now + EPSILON))
      upscaling.splice(upscaling.indexOf(done), 1);
    for (const done of encoding.filter(({ encoded, frames }) => encoded >= frames * work - EPSILON)) {
      encoding.splice(encoding.indexOf(done), 1);
      open--;
    }
    while (upscaling.length < devices && toUpscale.length > 0 && open < backlog) {
      open++;
      const segment = { frames: toUpscale.shift() as number, since: now + gap, encoded: 0 };
      upscaling.push(segment);
      waiting.push(segment);
    }
    for (const segment of waiting.filter((each) => readable(each) > 0)) {
      if (encoding.length >= lanes) break;
      waiting.splice(waiting.indexOf(segment), 1);
      encoding.push(segment);
    }
    if (open === 0) break;
    const hungry = encoding.filter(isHungry);
    const speed = Math.min(threads, cores / hungry.length);
    const step = Math.min(
      ...upscaling.map((segment) => next(segment) - now),
      ...hungry.map((segment) => (readable(segment) * work - segment.encoded) / speed),
    );
    now += step;
    for (const segment of hungry) segment.encoded += speed * step;
    coreSeconds += speed * hungry.length * step;
  }
  const frames = segments.reduce((sum, each) => sum + each, 0);
  return { seconds: now, busyDevices: frames / fps / now / devices, busyCores: coreSeconds / now / cores };
}

const EPSILON = 1e-9;
