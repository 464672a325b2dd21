import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { JobReport } from '../src/job/contracts.js';
import { sharedClips } from './support/clips.js';
import { type Cell, lost } from './support/fidelity/cells.js';
import { compareColors, comparePictures, compareShape } from './support/fidelity/comparePicture.js';
import { compareFrames, compareTimes } from './support/fidelity/compareTimes.js';
import {
  compareAudio,
  compareChapters,
  compareOffset,
  compareOthers,
  compareSubtitles,
} from './support/fidelity/compareTracks.js';
import { measure } from './support/fidelity/measure.js';
import { likeness } from './support/fidelity/pictures.js';
import { type BenchHome, inBenchHome } from './support/home.js';
import { printMachine, textFlag } from './support/report.js';

/**
 * Whether anything gets lost: every shared clip that is not corrupt goes through bicubic x2, and what comes out is
 * measured with ffprobe and ffmpeg beside what went in. The product's own verification has no part in that.
 *
 *   npm run bench -- fidelity [--container mp4] [--clip PART]
 *
 * A cell says `kept`, `converted`, `left out` or `refused`; the lines below the table say from what to what and why,
 * as the job told it. What nobody was told of is `LOST`, and makes the exit code 1.
 */
const SCALE = 2;
const container = textFlag('container', 'mp4');
const only = textFlag('clip', '');

type Row = Record<string, Cell>;
const COLUMNS = [
  'frames',
  'timestamps',
  'SAR',
  'colour',
  'pictures',
  'tracks',
  'offset',
  'chapters',
  'subtitles',
  'others',
];

function clips(): string[] {
  const folders = readdirSync(sharedClips)
    .filter((folder) => folder !== 'corrupt')
    .sort();
  return folders
    .flatMap((folder) =>
      readdirSync(path.join(sharedClips, folder))
        .sort()
        .map((name) => `${folder}/${name}`),
    )
    .filter((name) => name.includes(only));
}

async function through(home: BenchHome, clip: string): Promise<Row> {
  const output = path.join(home.file('delivered'), `${clip.replaceAll('/', '-')}.${container}`);
  const { exitCode, stdout, stderr } = await home.start([
    'upscale',
    path.join(sharedClips, clip),
    '-o',
    output,
    '-m',
    'bicubic',
    '-s',
    String(SCALE),
    '--json',
  ]);
  const line = stderr.trim().split('\n').at(-1) ?? '';
  if (exitCode === 2) return { frames: { state: 'refused', text: line.replace(/^reelscale: (\S+: )?/, '') } };
  if (exitCode !== 0 && exitCode !== 3)
    return { frames: lost(`the job ended with code ${exitCode ?? 'none'}: ${line}`) };
  const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as JobReport;
  const row = await compare(path.join(sharedClips, clip), output, report);
  rmSync(output);
  return row;
}

async function compare(input: string, output: string, { warnings, damaged }: JobReport): Promise<Row> {
  const [source, result] = [await measure(input), await measure(output)];
  if (!source || !result) return { frames: lost('there is no picture') };
  const told = { warnings, damaged: damaged !== undefined };
  return {
    frames: compareFrames(source, result, told),
    timestamps: compareTimes(source, result, told),
    SAR: compareShape(source, result, SCALE),
    colour: compareColors(source, result, warnings),
    pictures: comparePictures(
      await likeness(source, result),
      warnings.some((warning) => /interlac/.test(warning)),
    ),
    tracks: compareAudio(source, result, warnings),
    offset: await compareOffset(source, result),
    chapters: compareChapters(source, result),
    subtitles: await compareSubtitles(source, result, warnings),
    others: compareOthers(source, result, warnings),
  };
}

function print(rows: Map<string, Row>): void {
  const shown = (cell: Cell | undefined): string => (cell === undefined || cell.state === 'none' ? '' : cell.state);
  console.table(
    Object.fromEntries(
      [...rows].map(([clip, row]) => [clip, Object.fromEntries(COLUMNS.map((name) => [name, shown(row[name])]))]),
    ),
  );
  for (const [clip, row] of rows) {
    const cells = COLUMNS.flatMap((name) => {
      const cell = row[name];
      return cell !== undefined && cell.text !== '' ? [`${name} ${cell.state}: ${cell.text}`] : [];
    });
    console.log(`${clip}: ${cells.join(' | ')}`);
  }
}

async function benchmark(home: BenchHome): Promise<void> {
  printMachine();
  mkdirSync(home.file('delivered'));
  const rows = new Map<string, Row>();
  for (const clip of clips()) {
    console.error(clip);
    rows.set(clip, await through(home, clip));
  }
  print(rows);
  const silent = [...rows].filter(([, row]) => Object.values(row).some(({ state }) => state === 'LOST'));
  console.log(
    `${rows.size} clips; silent losses: ` +
      `${silent.length === 0 ? 'none' : silent.map(([clip]) => clip).join(', ')} (owed: none)`,
  );
  if (silent.length > 0) process.exitCode = 1;
}

if (existsSync(sharedClips)) await inBenchHome(benchmark);
else console.log('skipped: it needs the shared real clips, which REELSCALE_TEST_MEDIA does not name');
