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
}

interface Simulated {
  /** Until the last segment is encoded. */
  seconds: number;
  /** Shares of that time. */
  busyDevices: number;
  busyCores: number;
}

interface Encode {
  threads: number;
  /** Processor seconds. */
  left: number;
}

/**
 * Lets segments pass through devices and encodes as the workflow does: the lowest segment goes to whichever device is
 * free, while the backlog has room; what is upscaled is encoded in the order in which it came. Encodes share the cores
 * evenly.
 */
export function simulate(job: SimulatedJob): Simulated {
  const { segments, devices, fps, gap, cores, work, threads, lanes, backlog } = job;
  const toUpscale = [...segments];
  const toEncode: number[] = [];
  const upscaling: { until: number; frames: number }[] = [];
  const encoding: Encode[] = [];
  let now = 0;
  let open = 0;
  let deviceSeconds = 0;
  let coreSeconds = 0;
  for (;;) {
    while (upscaling.length < devices && toUpscale.length > 0 && open < backlog) {
      const frames = toUpscale.shift() as number;
      open++;
      upscaling.push({ until: now + gap + frames / fps, frames });
      deviceSeconds += frames / fps;
    }
    while (encoding.length < lanes && toEncode.length > 0)
      encoding.push({ threads, left: (toEncode.shift() as number) * work });
    if (upscaling.length + encoding.length === 0) break;
    const wanted = encoding.reduce((sum, encode) => sum + encode.threads, 0);
    const speed = Math.min(1, cores / wanted);
    const step = Math.min(
      ...upscaling.map(({ until }) => until - now),
      ...encoding.map((encode) => encode.left / (encode.threads * speed)),
    );
    now += step;
    for (const encode of encoding) encode.left -= encode.threads * speed * step;
    coreSeconds += Math.min(cores, wanted) * step;
    for (const done of upscaling.filter(({ until }) => until <= now + 1e-9)) {
      upscaling.splice(upscaling.indexOf(done), 1);
      toEncode.push(done.frames);
    }
    for (const done of encoding.filter(({ left }) => left <= 1e-9)) {
      encoding.splice(encoding.indexOf(done), 1);
      open--;
    }
  }
  return { seconds: now, busyDevices: deviceSeconds / now / devices, busyCores: coreSeconds / now / cores };
}
