import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { BatchView } from '../src/client/batch/batches.js';
import type { BatchSummary } from '../src/job/batch/records.js';
import { lastSummary, storedBatches } from '../src/job/batch/store.js';
import type { JobReport } from '../src/job/contracts.js';
import { storedJobs } from '../src/job/store.js';
import { sharedClip } from './support/clips.js';
import { type BenchHome, inBenchHome } from './support/home.js';
import { printMachine } from './support/report.js';
import { writeSlowNet } from './support/slowNet.js';
import { inferred } from './support/tally.js';

/**
 * A night of real clips, two of them broken, that a schedule begins by itself: `kill -9` of the upscale worker, and
 * later of the Temporal server, while it runs. Is the summary right, and was anything done twice that was done?
 *
 *   npm run bench -- batch
 *
 * Anything that does not hold makes the exit code 1.
 */
const GOOD = [
  'cartoon/bbb-320x180-vp9-10s.webm',
  'live/carphone-qcif-pristine.mp4',
  'live/mdn-rabbit-320x240-aac-8s.mp4',
  'live/pancake-426x240-opus-10s.mkv',
  'live/realshort-320x240-aac-1s.mp4',
  'tracks/chapters2-320x240.mkv',
  'tracks/srt-subs.mkv',
  'tracks/nasa_13013-2video-2audio-2subs.mp4',
  'timing/decord-rot90.mov',
  'timing/decord-rot270.mov',
  'odd/alpha-vp9-vorbis.webm',
  'odd/odd-size-161x121-vp9.webm',
  'odd/sar2x1-640x360.mp4',
  'hdr/h264-10bit-200x200.mp4',
];
const BROKEN = ['corrupt/ogv-bogus.ogv', 'corrupt/new-broken.avi'];
/** Of a part, frames: what a death may cost. */
const PART_FRAMES = 20;
/** Results that are there before the first and before the second death. */
const BEFORE = [3, 8] as const;

const outDir = (home: BenchHome): string => home.file('out');
const results = (home: BenchHome): string[] =>
  (existsSync(outDir(home)) ? readdirSync(outDir(home)) : [])
    .filter((name) => name.endsWith('.mp4') && !name.startsWith('.'))
    .sort();
/** A result that was made again is another file. */
const identity = (home: BenchHome, name: string): string => {
  const { ino, mtimeMs, size } = statSync(path.join(outDir(home), name));
  return `${ino} ${mtimeMs} ${size}`;
};
const identities = (home: BenchHome): Map<string, string> =>
  new Map(results(home).map((name) => [name, identity(home, name)]));

async function until<T>(what: string, look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const begin = performance.now();
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() - begin > 20 * 60_000) throw new Error(`waited 20 minutes: ${what}`);
    await sleep(50);
  }
}

/** Kill -9 of the processes of one kind while frames go through the network, once `count` results are there. */
async function killAmid(home: BenchHome, what: string, command: RegExp, count: number): Promise<Map<string, string>> {
  await until(`${count} results`, () => results(home).length >= count);
  // The tallies of a video are gone when it ends, so the sum may fall.
  let before = Infinity;
  await until('frames that go through the network', async () => {
    const now = await inferred(home);
    const more = now > before;
    before = now;
    return more;
  });
  const done = identities(home);
  const found = home.processes().filter((each) => command.test(each.command));
  if (found.length === 0) throw new Error(`there is no ${what} to kill`);
  found.forEach(({ pid }) => {
    process.kill(pid, 'SIGKILL');
  });
  console.log(`killed the ${what} with ${done.size} results there`);
  return done;
}

/** The summary of a round that is not `last`'s. */
const nextRound = (home: BenchHome, last?: string) =>
  until('a round has ended', async () => {
    const [batch] = await storedBatches(home.config.roots);
    const found = batch && (await lastSummary(home.config.roots, batch.batchKey));
    return found && found.round !== last ? found : undefined;
  });

async function command(home: BenchHome, ...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await home.start(args);
  if (exitCode !== 0) throw new Error(`reelscale ${args.join(' ')}: ${stderr}`);
  return stdout;
}

async function decodedFrames(file: string): Promise<number> {
  const { stdout } = await execa('ffprobe', [
    '-v',
    'error',
    '-select_streams',
    'V:0',
    '-count_frames',
    '-show_entries',
    'stream=nb_read_frames',
    '-of',
    'default=nk=1:nw=1',
    `file:${file}`,
  ]);
  return Number(stdout.split('\n')[0]);
}

async function rowOf(reports: JobReport[], { input, output, status, error, job }: BatchSummary['videos'][number]) {
  const report = reports.find((each) => each.job === job);
  const made = existsSync(output);
  return {
    clip: path.basename(input),
    status,
    'frames decoded': await decodedFrames(input).catch(() => NaN),
    'of the result': made ? await decodedFrames(output) : NaN,
    'done twice': report ? report.inferredFrames + report.duplicateFrames - report.frames : NaN,
    error: error?.split('\n')[0]?.slice(-60) ?? '',
  };
}

const failures: string[] = [];
const hold = (what: string, holds: boolean): void => {
  console.log(`${what}: ${holds ? 'yes' : 'NO'}`);
  if (!holds) failures.push(what);
};

async function night(home: BenchHome): Promise<void> {
  const inbox = home.file('inbox');
  mkdirSync(inbox);
  for (const clip of [...GOOD, ...BROKEN]) copyFileSync(sharedClip(clip), path.join(inbox, path.basename(clip)));
  const net = home.file('net.onnx');
  await writeSlowNet(net, 2);
  const up = home.start(['up']);
  await until('the server', async () => (await home.start(['schedule', 'list'])).exitCode === 0);
  await command(
    home,
    'schedule',
    'create',
    'night',
    '--every',
    '1m',
    '--watch',
    inbox,
    '--out-dir',
    outDir(home),
    '-m',
    net,
    '-s',
    '2',
    '--checkpoint-frames',
    String(PART_FRAMES),
  );

  const kept = [
    await killAmid(home, 'upscale worker', /--role upscale/, BEFORE[0]),
    await killAmid(home, 'Temporal server', /server start-dev/, BEFORE[1]),
  ];
  const { round, summary } = await nextRound(home);
  const after = identities(home);
  const reports = (await storedJobs(home.config.roots)).flatMap(({ report }) => report ?? []);
  const rows = [];
  for (const video of summary.videos) rows.push(await rowOf(reports, video));
  console.table(rows);

  const clips = (all: string[]): string =>
    all
      .map((clip) => path.basename(clip))
      .sort()
      .join();
  const made = summary.videos.filter(({ status }) => status === 'done');
  hold(
    `the summary counts ${GOOD.length} done and ${BROKEN.length} failed of ${summary.files}`,
    summary.done === GOOD.length && summary.failed === BROKEN.length && summary.files === GOOD.length + BROKEN.length,
  );
  hold(
    'those that failed are the broken ones, with a reason each',
    clips(summary.videos.filter(({ status, error }) => status === 'failed' && error).map(({ input }) => input)) ===
      clips(BROKEN),
  );
  hold(
    'every other one is done, and its file is there',
    clips(made.map(({ input }) => input)) === clips(GOOD) &&
      made.every(({ output }) => existsSync(output)) &&
      results(home).length === GOOD.length,
  );
  hold(
    'no frame is missing or too many',
    rows.filter(({ status }) => status === 'done').every((row) => row['frames decoded'] === row['of the result']),
  );
  const twice = rows.reduce((sum, row) => sum + (row['done twice'] || 0), 0);
  hold(
    `frames that went through the network twice: ${twice} of ${summary.frames}, ` +
      `at most the part at hand of each death (${kept.length * PART_FRAMES})`,
    twice >= 0 && twice <= kept.length * PART_FRAMES,
  );
  hold(
    'no result that was there before a death was made again',
    kept.every((before) => [...before].every(([name, file]) => after.get(name) === file)),
  );

  const second = await nextRound(home, round);
  hold(
    'the next round skips what is done and makes nothing',
    second.summary.skipped === GOOD.length &&
      second.summary.frames === 0 &&
      [...after].every(([name, file]) => identity(home, name) === file),
  );
  const { last } = JSON.parse(await command(home, 'status', 'night', '--json')) as BatchView;
  hold('`status night` says the same', last?.summary.skipped === GOOD.length && last.summary.failed === BROKEN.length);
  await command(home, 'schedule', 'delete', 'night');
  up.kill('SIGINT');
  await up;
  hold(
    'nothing is left running',
    (await until('everything ends', () => (home.processes().length === 0 ? [true] : undefined))).length > 0,
  );
  console.log(`${summary.frames} frames in ${summary.seconds.toFixed(0)} s`);
}

printMachine();
if (!existsSync(sharedClip(GOOD[0] as string)))
  throw new Error('the shared clips are not there: set REELSCALE_TEST_MEDIA');
await inBenchHome(night);
process.exitCode = failures.length > 0 ? 1 : 0;
