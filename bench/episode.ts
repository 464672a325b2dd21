import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { JobReport } from '../src/job/contracts.js';
import { jobLayout } from '../src/job/layout.js';
import { readJson } from '../src/lib/durable.js';
import { type VerifyReport, verifyReportSchema } from '../src/media/verify/report.js';
import { hasEpisodeClips, makeEpisode } from './support/episode.js';
import { type StageTimes, stageTimes } from './support/history.js';
import { type BenchHome, inBenchHome } from './support/home.js';
import { numberFlag, printMachine } from './support/report.js';
import { type Usage, watchUsage } from './support/usage.js';

/**
 * A whole television episode through `--preset preview -s 2`: what it takes in time, disk, memory and history, and
 * what the check before publish says of it.
 *
 *   npm run bench -- episode [--frames 37271]
 *
 * 37,271 frames are 25 minutes. The episode is made of the shared real clips, once, which takes some minutes.
 */
const frames = numberFlag('frames', 37_271);

interface Outcome {
  seconds: number;
  report: JobReport;
  usage: Usage;
  events: number;
  stages: Map<string, StageTimes>;
  verified: VerifyReport;
}

async function throughJob(home: BenchHome, episode: string): Promise<Outcome> {
  const delivered = home.file('delivered');
  mkdirSync(delivered);
  const output = path.join(delivered, 'episode.x2.mp4');
  const usage = watchUsage(home, { 'state folder': home.config.home, 'output folder': delivered });
  const begin = performance.now();
  const command = home.start(['upscale', episode, '-o', output, '--preset', 'preview', '-s', '2', '--json']);
  command.stderr.on('data', (text: Buffer) => process.stderr.write(text));
  const { exitCode, stdout, stderr } = await command;
  const seconds = (performance.now() - begin) / 1000;
  const peaks = usage();
  if (exitCode !== 0) throw new Error(`the job ended with code ${exitCode ?? 'none'}: ${stderr.slice(-2000)}`);
  const { spec, stages, events } = await stageTimes(home.config, output);
  const verified = await readJson(jobLayout(home.config.roots, spec).verified, verifyReportSchema);
  if (!verified) throw new Error('the job kept no report of its verification');
  return {
    seconds,
    report: JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as JobReport,
    usage: peaks,
    events,
    stages,
    verified,
  };
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

function print({ seconds, report, usage, events, stages, verified }: Outcome, episode: string): void {
  console.table({
    source: { value: `${megabytes(statSync(episode).size)}, ${frames} frames, ${(frames / 25 / 60).toFixed(1)} min` },
    result: { value: `${megabytes(report.bytes)}, ${report.frames} frames` },
    time: { value: `${seconds.toFixed(1)} s, the whole command` },
    fps: { value: (report.frames / seconds).toFixed(2) },
    ...Object.fromEntries(
      Object.entries(usage.disk).map(([name, bytes]) => [`peak disk, ${name}`, { value: megabytes(bytes) }]),
    ),
    'peak disk, together': { value: megabytes(usage.allDisk) },
    'peak memory': { value: `${megabytes(usage.memory)}, all processes together` },
    'history events': { value: String(events) },
  });
  console.log('seconds from the first start to the last end of each activity:');
  console.table(
    Object.fromEntries(
      [...stages].map(([name, { started, completed }]) => [
        name,
        { seconds: ((completed - started) / 1000).toFixed(2) },
      ]),
    ),
  );
  console.log(`verification: ${verified.ok ? 'nothing is wrong' : verified.problems.join('; ')}`);
  console.table(Object.fromEntries(verified.checks.map(({ name, ok, measured }) => [name, { ok, measured }])));
  for (const note of [...verified.warnings, ...report.warnings]) console.log(`note: ${note}`);
}

async function benchmark(home: BenchHome): Promise<void> {
  console.log(`${frames} frames of 720x576 at 25 frames a second, bicubic x2`);
  const episode = await makeEpisode(frames);
  printMachine();
  const outcome = await throughJob(home, episode);
  print(outcome, episode);
  if (!outcome.verified.ok || outcome.report.frames !== frames) process.exitCode = 1;
}

if (hasEpisodeClips()) await inBenchHome(benchmark);
else console.log('skipped: it loops real clips, which REELSCALE_TEST_MEDIA does not name');
