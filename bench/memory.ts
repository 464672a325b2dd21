import path from 'node:path';
import { makeClip } from './support/clips.js';
import { inBenchHome, type BenchHome } from './support/home.js';
import { peakMemory, type SystemProcess } from './support/processes.js';
import { numberFlag, printMachine } from './support/report.js';
import { writeSlowNet } from './support/slowNet.js';

/**
 * Peak memory of every process that works for a job, for a short and for a ten times longer video: it must not grow with the length.
 *
 *   npm run bench -- memory [--frames 5000]
 *
 * The peak is the kernel's own (VmHWM), read again and again while the job runs; each job has workers of its own. Of processes of
 * one kind the largest counts.
 */
const [WIDTH, HEIGHT] = [160, 120];
const long = numberFlag('frames', 5000);
const short = Math.max(1, Math.round(long / 10));
const FLAT = 1.25;
const SAMPLE_MS = 100;

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

type Peaks = Map<string, number>;

/** Runs one job and returns the peaks in bytes, by kind. */
async function peaks(home: BenchHome, frames: number, args: readonly string[]): Promise<Peaks> {
  const { file } = await makeClip(WIDTH, HEIGHT, frames);
  const found: Peaks = new Map();
  const sample = (): void => {
    for (const each of home.processes()) {
      const kind = kindOf(each);
      const bytes = kind && peakMemory(each.pid);
      if (kind && bytes) found.set(kind, Math.max(bytes, found.get(kind) ?? 0));
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

const megabytes = (bytes: number | undefined): string => (bytes === undefined ? '-' : (bytes / 1024 ** 2).toFixed(0));

async function compare(title: string, method: (home: BenchHome) => Promise<string[]>): Promise<void> {
  const run = (frames: number): Promise<Peaks> => inBenchHome(async (home) => peaks(home, frames, await method(home)));
  const [few, many] = [await run(short), await run(long)];
  console.log(`${title}, ${WIDTH}x${HEIGHT}: peak memory in MiB`);
  const rows = KINDS.flatMap(([kind]) => {
    const [a, b] = [few.get(kind), many.get(kind)];
    if (a === undefined && b === undefined) return [];
    // What lives for less than a sample may be seen in one of the jobs only.
    const growth = a && b && b / a;
    return [{ process: kind, [`${short} frames`]: megabytes(a), [`${long} frames`]: megabytes(b), growth: growth ? growth.toFixed(2) : '-', flat: growth ? (growth <= FLAT ? 'yes' : 'NO') : '' }];
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
