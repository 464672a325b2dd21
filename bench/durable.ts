import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { fileDigest } from '../src/job/parts.js';
import { discardJob } from '../src/job/store.js';
import { cacheFolder, makeClip } from './support/clips.js';
import { type StageTimes, stageTimes } from './support/history.js';
import { type BenchHome, inBenchHome } from './support/home.js';
import { processorSeconds, workersSeconds } from './support/processes.js';
import { atLeast, atMost, numberFlag, printMachine } from './support/report.js';

/**
 * What durability costs: bicubic x2 through a job, beside one hand-written ffmpeg command and beside OpenCV in Python.
 *
 *   npm run bench -- durable [--frames 5000] [--rounds 2]
 *
 * ffmpeg and the job take turns, since a machine is seldom idle, and the best of each is compared. The job does
 * everything anew each time: probing, planning, encoding, joining, checking. Its time is the command's, from its
 * start.
 */
const [WIDTH, HEIGHT] = [720, 576];
const frames = numberFlag('frames', 5000);
const rounds = numberFlag('rounds', 2);

interface Run {
  what: string;
  /** Seconds up to the merged file, and until the command ended. */
  merged: number;
  whole: number;
  processor: number;
}

interface JobRun extends Run {
  firstLine: number;
  stages: Map<string, StageTimes>;
}

const now = (): number => performance.timeOrigin + performance.now();

async function handWritten(input: string, output: string): Promise<Run> {
  const begin = now();
  const child = execa('ffmpeg', [
    '-loglevel',
    'error',
    '-nostdin',
    '-y',
    '-i',
    input,
    '-vf',
    'scale=iw*2:ih*2:flags=bicubic',
    '-c:v',
    'libx264',
    '-preset',
    'fast',
    '-crf',
    '23',
    '-an',
    output,
  ]);
  const before = childrenSeconds();
  await child;
  const seconds = (now() - begin) / 1000;
  return { what: 'ffmpeg, one command', merged: seconds, whole: seconds, processor: childrenSeconds() - before };
}

/** Of children of this process that have ended. */
const childrenSeconds = (): number =>
  processorSeconds(process.pid) - process.cpuUsage().user / 1e6 - process.cpuUsage().system / 1e6;

async function throughJob(home: BenchHome, input: string, output: string): Promise<JobRun> {
  const before = workersSeconds(home) + childrenSeconds();
  const begin = now();
  const command = home.start(['upscale', input, '-o', output, '-m', 'bicubic', '-s', '2']);
  let firstLine = NaN;
  command.stderr.on('data', (text: Buffer) => {
    if (Number.isNaN(firstLine) && /^(probe|plan|conform|encode|concat|merge|verify)/m.test(text.toString()))
      firstLine = (now() - begin) / 1000;
  });
  const { exitCode, stderr } = await command;
  const whole = (now() - begin) / 1000;
  if (exitCode !== 0) throw new Error(`the job ended with code ${exitCode ?? 'none'}: ${stderr}`);
  const processor = workersSeconds(home) + childrenSeconds() - before;
  const { spec, stages } = await stageTimes(home.config, output);
  const mergedAt = stages.get('mergeAudio')?.completed;
  if (mergedAt === undefined) throw new Error('the job has no merge in its history');
  // The next round begins with nothing: no plan, no parts, no digest of the input.
  await discardJob(home.config.roots, spec);
  await rm(path.join(home.config.roots.jobs, 'digests'), { recursive: true, force: true });
  return { what: 'durable job', merged: (mergedAt - begin) / 1000, whole, processor, firstLine, stages };
}

const OPENCV = `
import cv2, sys
reader = cv2.VideoCapture(sys.argv[1])
size = (int(reader.get(cv2.CAP_PROP_FRAME_WIDTH)) * 2, int(reader.get(cv2.CAP_PROP_FRAME_HEIGHT)) * 2)
writer = cv2.VideoWriter(sys.argv[2], cv2.VideoWriter_fourcc(*'mp4v'), reader.get(cv2.CAP_PROP_FPS), size)
while True:
    ok, frame = reader.read()
    if not ok:
        break
    writer.write(cv2.resize(frame, size, interpolation=cv2.INTER_CUBIC))
writer.release()
`;

/** The user's old way: MPEG-4 part 2, no sound, nothing checked. Undefined where OpenCV cannot be had. */
async function opencv(input: string, output: string): Promise<Run | undefined> {
  const folder = path.join(cacheFolder, 'opencv');
  const python = path.join(folder, 'bin/python');
  try {
    if (!existsSync(python)) await execa('python3', ['-m', 'venv', folder]);
    await execa(python, ['-m', 'pip', 'install', '--quiet', 'opencv-python-headless']);
  } catch {
    return undefined;
  }
  const begin = now();
  const before = childrenSeconds();
  await execa(python, ['-c', OPENCV, input, output]);
  const seconds = (now() - begin) / 1000;
  return {
    what: 'OpenCV script (mp4v, no sound)',
    merged: seconds,
    whole: seconds,
    processor: childrenSeconds() - before,
  };
}

async function benchmark(home: BenchHome): Promise<void> {
  const clip = await makeClip(WIDTH, HEIGHT, frames);
  const tiny = await makeClip(160, 120, 50);
  printMachine();
  console.log(`bicubic x2 of ${WIDTH}x${HEIGHT}, ${frames} frames: ${clip.shows}`);
  // A job takes its input's digest once; ffmpeg's first run should not have a cold disk either.
  await fileDigest(clip.file);

  const cold = await throughJob(home, tiny.file, home.file('cold.mp4'));
  const warm = await throughJob(home, tiny.file, home.file('warm.mp4'));
  const byHand: Run[] = [];
  const jobs: JobRun[] = [];
  for (let round = 0; round < rounds; round++) {
    byHand.push(await handWritten(clip.file, home.file('hand.mp4')));
    const output = home.file(`job-${round}.mp4`);
    jobs.push(await throughJob(home, clip.file, output));
    await rm(output);
  }
  const script = await opencv(clip.file, home.file('opencv.mp4'));
  report(byHand, jobs, script);
  console.log(
    `first progress line: ${cold.firstLine.toFixed(2)} s with no supervisor (server and workers are started first), ` +
      `then ${atMost(Math.min(warm.firstLine, ...jobs.map(({ firstLine }) => firstLine)), 5, 's')}`,
  );
}

const fps = (seconds: number): number => frames / seconds;

function report(byHand: Run[], jobs: JobRun[], script: Run | undefined): void {
  const best = (runs: Run[], of: 'merged' | 'whole' | 'processor'): number => Math.min(...runs.map((run) => run[of]));
  const reference = best(byHand, 'whole');
  const row = (run: Run) => ({
    run: run.what,
    'fps up to the merge': fps(run.merged).toFixed(1),
    ratio: (reference / run.merged).toFixed(3),
    'fps, whole': fps(run.whole).toFixed(1),
    'ratio, whole': (reference / run.whole).toFixed(3),
    'processor s': run.processor.toFixed(1),
  });
  console.table([...byHand.flatMap((run, i) => [run, jobs[i] as Run]), ...(script ? [script] : [])].map(row));
  if (!script) console.log('OpenCV script: not run (pip cannot get opencv-python-headless here)');
  const fastest = jobs.reduce((a, b) => (a.merged <= b.merged ? a : b));
  console.log('stages of the fastest job, in seconds:');
  console.table(
    Object.fromEntries(
      [...fastest.stages].map(([name, { started, completed }]) => [
        name,
        { seconds: ((completed - started) / 1000).toFixed(2) },
      ]),
    ),
  );
  // 0.95 of a job without any check, which was 0.978 of ffmpeg when all was checked behind the merge.
  console.log(`whole, verified / ffmpeg, best of each: ${atLeast(reference / best(jobs, 'whole'), 0.93)}`);
  console.log(
    'processor time / ffmpeg, best of each: ' +
      `${(best(jobs, 'processor') / best(byHand, 'processor')).toFixed(3)}, ` +
      'with verification; load changes it little',
  );
}

await inBenchHome(benchmark);
