import path from 'node:path';
import { makeClip } from './support/clips.js';
import { type BenchHome, inBenchHome } from './support/home.js';
import { peakMemory, type SystemProcess } from './support/processes.js';
import { numberFlag, printMachine } from './support/report.js';
import { writeSlowNet } from './support/slowNet.js';

/**
 * Peak memory of every process that works for a job, for a short and for a ten times longer video: it must not grow
 * with the length.
 *
 *   npm run bench -- memory [--frames 5000]
 *
 * The peak is the kernel's own (VmHWM), read again and again while the job runs; each job has workers of its own. Of
 * processes of one kind the largest counts.
 */
const [WIDTH, HEIGHT] = [160, 120];
const long = numberFlag('frames', 5000);
const short = Math.max(1, Math.round(long / 10));
const FLAT = 1.25;
const SAMPLE_MS = 100;
/** A process that was seen less often may have been caught before its peak. */
const ENOUGH_SAMPLES = 5;

/** What a process does, from its command line; the first that fits. */
const KINDS: [kind: string, command: RegExp][] = [
  ['', /setpriv |models\/inspectChild/],
  ['command', /bin\/reelscale /],
  ['Temporal server', /start-dev/],
  ['supervisor', /supervisorMain/],
  ['control worker', /--role control/],
  ['encode worker', /--role encode/],
  ['upscale worker', /--role upscale/],
  ['upscaler', /upscaler\/process/],
  ['ffprobe', /^\S*ffprobe /],
  ['ffmpeg, encode', /^\S*ffmpeg .*libx264/],
  ['ffmpeg, mezzanine', /^\S*ffmpeg .*utvideo/],
  ['ffmpeg, verify', /^\S*ffmpeg .*format=gray/],
  ['ffmpeg, decode', /^\S*ffmpeg .*format=gbrp/],
  ['ffmpeg, merge', /^\S*ffmpeg .*faststart/],
  ['ffmpeg, other', /^\S*ffmpeg /],
];

const kindOf = ({ command }: SystemProcess): string => KINDS.find(([, pattern]) => pattern.test(command))?.[0] ?? '';

interface Peak {
  bytes: number;
  samples: number;
}
/** By kind: the largest of its processes. */
type Peaks = Map<string, Peak>;

/** Runs one job and returns the peaks. */
async function peaks(home: BenchHome, frames: number, args: readonly string[]): Promise<Peaks> {
  const { file } = await makeClip(WIDTH, HEIGHT, frames);
  const seen = new Map<string, Peak>();
  const found: Peaks = new Map();
  const sample = (): void => {
    for (const each of home.processes()) {
      const kind = kindOf(each);
      const bytes = peakMemory(each.pid);
      if (kind === '' || bytes === undefined) continue;
      const id = `${kind} ${each.pid}`;
      const peak = { bytes, samples: (seen.get(id)?.samples ?? 0) + 1 };
      seen.set(id, peak);
      if (bytes >= (found.get(kind)?.bytes ?? 0)) found.set(kind, peak);
    }
  };
  const timer = setInterval(sample, SAMPLE_MS);
  try {
    const { exitCode, stderr } = await home.start(['upscale', file, '-o', home.file('out.mp4'), ...args]);
    if (exitCode !== 0) throw new Error(`the job ended with code ${exitCode ?? 'none'}: ${stderr}`);
    return found;
  } finally {
    clearInterval(timer);
  }
}

const megabytes = (peak: Peak | undefined): string => (peak === undefined ? '-' : (peak.bytes / 1024 ** 2).toFixed(0));
const isKnown = (peak: Peak | undefined): peak is Peak => peak !== undefined && peak.samples >= ENOUGH_SAMPLES;

async function compare(title: string, method: (home: BenchHome) => Promise<string[]>): Promise<void> {
  const run = (frames: number): Promise<Peaks> => inBenchHome(async (home) => peaks(home, frames, await method(home)));
  const [few, many] = [await run(short), await run(long)];
  console.log(`${title}, ${WIDTH}x${HEIGHT}: peak memory in MiB`);
  const rows = KINDS.flatMap(([kind]) => {
    const [a, b] = [few.get(kind), many.get(kind)];
    if (a === undefined && b === undefined) return [];
    const growth = isKnown(a) && isKnown(b) ? b.bytes / a.bytes : undefined;
    const flat = growth === undefined ? 'ran too briefly to tell' : growth <= FLAT ? 'yes' : 'NO';
    return [
      {
        process: kind,
        [`${short} frames`]: megabytes(a),
        [`${long} frames`]: megabytes(b),
        growth: growth?.toFixed(2) ?? '-',
        flat,
      },
    ];
  });
  console.table(rows);
}

printMachine();
await compare('bicubic x2', () => Promise.resolve(['-m', 'bicubic', '-s', '2']));
await compare('a small network x2', async (home) => {
  const net = path.join(home.config.home, 'net.onnx');
  await writeSlowNet(net, 2);
  return ['-m', net, '-s', '2', '--device', 'cpu'];
});
console.log(`owed: flat, each at most ${FLAT} times as much for ${long / short} times the frames`);
