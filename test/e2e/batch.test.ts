import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { BatchSummary } from '../../src/job/batch/records.js';
import { Cli, decodedFrames, eventually } from '../support/cli.js';
import { makeClip } from '../support/media.js';
import { tinyModel } from '../support/models.js';

const cli = new Cli();
const FRAMES = 20;
const CLIPS = ['a.mp4', 'b.mp4', 'sub/c.mkv'];
let model: string;

beforeAll(async () => {
  mkdirSync(cli.file('in/sub'), { recursive: true });
  for (const name of CLIPS) await makeClip(cli.file(`in/${name}`), { seconds: FRAMES / 25, size: '128x96' });
  writeFileSync(cli.file('in/broken.mp4'), 'this is no video');
  writeFileSync(cli.file('in/notes.md'), 'nor is this');
  model = await tinyModel(cli.file('slow.onnx'), { scale: 2, work: 5 });
});

const command = (): string[] => [
  'batch',
  'in',
  '--out-dir',
  'out',
  '-m',
  model,
  '--checkpoint-frames',
  '5',
  '--parallel',
  '1',
];
type Printed = BatchSummary & { page: string; leftOut: { file: string; why: string }[] };
const outputs = (): string[] =>
  readdirSync(cli.file('out'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.mp4$/.test(name) && !path.basename(name).startsWith('.'))
    .sort();
const ofStatus = ({ videos }: BatchSummary, status: string): string[] =>
  videos
    .filter((video) => video.status === status)
    .map(({ input }) => path.basename(input))
    .sort();

it('a batch goes on after a kill and Ctrl-C, makes each file once, and names the broken one at the end', async () => {
  const running = cli.start(command());
  await eventually('the first result', () => existsSync(cli.file('out')) && outputs().length > 0);
  cli.kill();
  await running;
  await eventually('all processes are gone', () => cli.processes().length === 0);
  const [first] = outputs();
  const before = statSync(cli.file(`out/${first}`)).mtimeMs;

  const second = cli.start(command());
  await eventually('the second result', () => outputs().length > 1);
  await eventually('the third job has parts', () =>
    readdirSync(path.join(cli.home, 'jobs/upscaled'), { recursive: true, encoding: 'utf8' }).some((name) =>
      /seg-\d+\/\d+\.json$/.test(name),
    ),
  );
  second.kill('SIGINT');
  const interrupted = await second;
  expect(interrupted.exitCode, interrupted.stderr).toBe(130);
  const [row] = (
    JSON.parse((await cli.run('status', '--json')).stdout) as { batch?: string; status: string }[]
  ).filter(({ batch }) => batch !== undefined);
  expect(row?.status).toBe('paused');

  const { code, value: summary, stderr } = await cli.json<Printed>(...command());
  expect(code, stderr).toBe(1);
  expect(stderr).toContain(`reelscale: ${cli.file('in/broken.mp4')}: `);
  expect(summary).toMatchObject({ status: 'done', files: 4, failed: 1, unfinished: 0 });
  expect(ofStatus(summary, 'failed')).toEqual(['broken.mp4']);
  expect(summary.leftOut).toEqual([{ file: 'in/notes.md', why: 'its name is not that of a video' }]);
  expect(stderr).toContain('in/notes.md is left out: its name is not that of a video\n');
  expect(outputs()).toEqual(['a.x2.mp4', 'b.x2.mp4', 'sub/c.x2.mp4']);
  for (const name of outputs()) expect(await decodedFrames(cli.file(`out/${name}`))).toBe(FRAMES);
  expect(statSync(cli.file(`out/${first}`)).mtimeMs).toBe(before);
  expect(readFileSync(summary.page, 'utf8')).toContain('broken.mp4');
  const outcomes = readFileSync(path.join(cli.home, 'jobs/outcomes.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { frames: number });
  expect(
    outcomes.map(({ frames }) => frames),
    'what each video took is remembered for estimates',
  ).toEqual(CLIPS.map(() => FRAMES));

  // A file that was only touched is known by its bytes, also after its job was cleaned away.
  expect((await cli.run('clean')).code).toBe(0);
  utimesSync(cli.file('in/a.mp4'), new Date(), new Date());
  const again = await cli.json<Printed>(...command());
  expect(again.code).toBe(1);
  expect(ofStatus(again.value, 'skipped')).toEqual(['a.mp4', 'b.mp4', 'c.mkv']);
  expect(again.value.frames).toBe(0);
});

it('what no batch can be made of is refused in one line before anything is begun', async () => {
  mkdirSync(cli.file('empty'), { recursive: true });
  for (const [args, line] of [
    [['batch', 'nowhere', '--out-dir', 'none'], 'there is no nowhere'],
    [['batch', 'empty', '--out-dir', 'none'], 'there are no videos in empty'],
    [['batch', 'in'], "required option '--out-dir <dir>' not specified"],
    [['batch', 'in', '--out-dir', 'none', '-m', 'unknown'], 'unknown'],
    [['batch', 'in', '--out-dir', 'none', '--parallel', '0'], '--parallel: must be a whole number from 1 to 64'],
  ] as const) {
    const { code, stderr } = await cli.run(...args);
    expect(code, stderr).toBe(2);
    expect(stderr).toMatch(/^reelscale: [^\n]*$/);
    expect(stderr).toContain(line);
  }
});
