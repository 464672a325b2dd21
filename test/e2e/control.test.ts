import { appendFileSync, copyFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobReport } from '../../src/job/contracts.js';
import { argv } from '../../src/lib/argv.js';
import { Cli, eventually, pictureDigest } from '../support/cli.js';
import { makeClip } from '../support/media.js';
import { tinyModel } from '../support/models.js';

const FRAMES = 60;
const CHECKPOINT = 10;
const cli = new Cli();
const clip = cli.file('clip.mp4');
let whole: string;

interface Row {
  job: string;
  status: string;
  output: string;
}

/** Each test has pictures of its own, so that none finds another's parts. */
let model = '';
let models = 0;
async function newModel(work: number): Promise<void> {
  const name = `slow${models++}`;
  model = await tinyModel(cli.file(`${name}.onnx`), { scale: 2, work, name });
}
beforeEach(() => newModel(4));

/** Slow enough for several commands, one after the other, while the job is at work. */
const SLOWER = 8;

const slow = (output: string, ...more: string[]): string[] => [
  'upscale',
  clip,
  ...argv`-o ${output} -m ${model} --segment-frames 30 --checkpoint-frames ${CHECKPOINT} ${more}`,
];

beforeAll(async () => {
  await makeClip(clip, { seconds: FRAMES / 25, size: '128x96' });
  const plain = await tinyModel(cli.file('plain.onnx'), { scale: 2 });
  const { code, stderr } = await cli.run('upscale', clip, '-o', 'whole.mp4', '-m', plain, '--segment-frames', '30');
  expect(code, stderr).toBe(0);
  whole = await pictureDigest(cli.file('whole.mp4'));
});

const list = async (): Promise<Row[]> => JSON.parse((await cli.run('list', '--json')).stdout) as Row[];
const jobOf = async (output: string): Promise<Row> =>
  eventually(`a job for ${output}`, async () => (await list()).find((row) => row.output === cli.file(output)));
const status = async (job: string): Promise<Row> => (await cli.json<Row>('status', job)).value;

/** Upscaled parts that are committed, of the job that uses the model at hand. */
function parts(): string[] {
  const root = path.join(cli.home, 'jobs/upscaled');
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => /seg-\d+\/\d+\.json$/.test(name))
    .map((name) => path.join(root, name));
}

const partsBeyond = (before: string[]) =>
  eventually('another part is committed', () => parts().some((name) => !before.includes(name)));
const hidden = (): string[] => readdirSync(cli.folder).filter((name) => name.startsWith('.'));
const reportOf = (stdout: string): JobReport => JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as JobReport;

async function expectWhole(
  output: string,
  { code, stderr }: { code: number | undefined; stderr: string },
): Promise<void> {
  expect(code, stderr).toBe(0);
  expect(await pictureDigest(cli.file(output))).toBe(whole);
  expect(hidden()).toEqual([]);
}

describe('two commands at the same time', () => {
  it('share one supervisor, and neither is hurt when the other ends', async () => {
    const before = parts();
    const long = cli.start(slow('long.mp4', '--json'));
    await partsBeyond(before);
    const other = await makeClip(cli.file('other.mp4'), { seconds: 0.4, size: '64x48' });
    const short = await cli.run('upscale', other, '--preset', 'preview');
    expect(short.code, short.stderr).toBe(0);
    expect(cli.processes(/supervisorMain/)).toHaveLength(1);
    expect(cli.processes(/start-dev/)).toHaveLength(1);
    const { exitCode, stdout, stderr } = await long;
    await expectWhole('long.mp4', { code: exitCode, stderr });
    expect(reportOf(stdout).inferredFrames).toBe(FRAMES);
  });

  it('that are the same make one job, and both see it through', async () => {
    const results = await Promise.all([cli.start(slow('same.mp4', '--json')), cli.start(slow('same.mp4', '--json'))]);
    for (const { exitCode, stderr } of results) expect(exitCode, stderr).toBe(0);
    const reports = results.map(({ stdout }) => reportOf(stdout));
    expect(reports[0]?.job).toBe(reports[1]?.job);
    expect(reports[0]?.sha256).toBe(reports[1]?.sha256);
    expect(reports[0]?.inferredFrames).toBe(FRAMES);
    expect((await list()).filter(({ output }) => output === cli.file('same.mp4'))).toHaveLength(1);
  });

  it('on one job: Ctrl-C in one leaves the other its job', async () => {
    const before = parts();
    const first = cli.start(slow('shared.mp4'));
    const second = cli.start(slow('shared.mp4'));
    // Progress is shown by commands that wait for the job.
    await Promise.all([first, second].map(({ stderr }) => new Promise((resolve) => stderr.once('data', resolve))));
    await partsBeyond(before);
    first.kill('SIGINT');
    const { exitCode, stderr } = await first;
    expect(exitCode, stderr).toBe(130);
    expect(stderr).toContain('goes on: another command waits for it');
    const result = await second;
    await expectWhole('shared.mp4', { code: result.exitCode, stderr: result.stderr });
  });
});

describe('a job that is interrupted', () => {
  it('by Ctrl-C goes on with the same command, reusing its frames', async () => {
    const before = parts();
    const running = cli.start(slow('ctrlc.mp4', '--json'));
    await partsBeyond(before);
    running.kill('SIGINT');
    const { exitCode, stderr, stdout } = await running;
    expect(exitCode, stderr).toBe(130);
    expect(stderr).toContain('run the same command again');
    const { job } = await jobOf('ctrlc.mp4');
    expect(reportOf(stdout)).toEqual({ job, status: 'interrupted' });
    expect(existsSync(cli.file('ctrlc.mp4'))).toBe(false);
    expect(hidden()).toEqual([]);
    expect((await status(job)).status).toBe('paused');
    const again = await cli.json<JobReport>(...slow('ctrlc.mp4'));
    await expectWhole('ctrlc.mp4', again);
    expect(again.value.job).toBe(job);
    // What was flushed at the interruption counts too: nothing is inferred twice.
    expect(again.value.inferredFrames).toBe(FRAMES);
  });

  it('and loses its server finds its parts again', async () => {
    const before = parts();
    const running = cli.start(slow('newserver.mp4'));
    await partsBeyond(before);
    running.kill('SIGINT');
    expect((await running).exitCode).toBe(130);
    cli.kill();
    await eventually('all processes are gone', () => cli.processes().length === 0);
    for (const name of readdirSync(cli.home)) if (name.startsWith('temporal-')) rmSync(path.join(cli.home, name));
    const { job } = await jobOf('newserver.mp4');
    expect((await status(job)).status).toBe('interrupted');
    const again = await cli.json<JobReport>(...slow('newserver.mp4'));
    await expectWhole('newserver.mp4', again);
    expect(again.value.reusedFrames).toBeGreaterThanOrEqual(CHECKPOINT);
    expect(again.value.inferredFrames).toBe(FRAMES);
  });
});

describe('a job in the background', () => {
  it('is shown, paused, resumed and waited for', async () => {
    await newModel(SLOWER);
    const before = parts();
    const detached = await cli.json<Row>(...slow('back.mp4', '--detach'));
    expect(detached.code, detached.stderr).toBe(0);
    const { job } = detached.value;
    expect(detached.value).toEqual({ job, status: 'running', output: cli.file('back.mp4') });
    await partsBeyond(before);
    expect((await status(job)).status).toBe('running');
    expect((await cli.run('status')).stdout).toContain(`${job}  running`);

    expect(await cli.run('pause', job)).toMatchObject({ code: 0, stdout: `job ${job} is paused` });
    expect((await status(job)).status).toBe('paused');
    expect(cli.processes(/^\S*(setpriv .*)?ffmpeg/)).toEqual([]);
    const waited = await cli.run('wait', job);
    expect(waited.code, waited.stderr).toBe(130);
    expect(waited.stderr).toContain('paused: by the user');

    expect((await cli.run('resume', job)).code).toBe(0);
    const { code, value, stderr } = await cli.json<JobReport>('wait', job);
    await expectWhole('back.mp4', { code, stderr });
    expect(value).toMatchObject({ job, status: 'done', frames: FRAMES, inferredFrames: FRAMES });
    expect((await status(job)).status).toBe('done');
    expect((await cli.run('status')).stdout).not.toContain(job);
    expect(await cli.run('wait', job)).toMatchObject({ code: 0, stdout: cli.file('back.mp4') });
    expect((await cli.run('pause', job)).stderr).toBe(`reelscale: job ${job} has ended: done`);
  });

  it('that is cancelled leaves nothing at work and nothing beside its output, but keeps its parts', async () => {
    await newModel(SLOWER);
    const before = parts();
    const watching = cli.start(slow('cancelled.mp4'));
    await partsBeyond(before);
    const { job } = await jobOf('cancelled.mp4');
    const cancelled = await cli.run('cancel', job);
    expect(cancelled.code, cancelled.stderr).toBe(0);
    expect(cancelled.stdout).toContain('its parts are kept');
    const { exitCode, stderr } = await watching;
    expect(exitCode, stderr).toBe(1);
    expect(stderr.split('\n').at(-1)).toBe(`reelscale: job ${job}: cancelled`);
    expect(cli.processes(/^\S*(setpriv .*)?ffmpeg/)).toEqual([]);
    expect(existsSync(cli.file('cancelled.mp4'))).toBe(false);
    expect(hidden()).toEqual([]);
    expect((await status(job)).status).toBe('cancelled');

    const kept = parts().filter((name) => !before.includes(name));
    expect(kept.length).toBeGreaterThan(0);
    const again = await cli.json<JobReport>(...slow('cancelled.mp4'));
    await expectWhole('cancelled.mp4', again);
    expect(again.value.reusedFrames).toBeGreaterThanOrEqual(CHECKPOINT);
  });

  it('that is cancelled and discarded leaves no parts', async () => {
    const before = parts();
    const {
      value: { job },
    } = await cli.json<Row>(...slow('discarded.mp4', '--detach'));
    await partsBeyond(before);
    const { code, stdout, stderr } = await cli.run('cancel', job, '--discard');
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('its parts are removed');
    expect(parts().filter((name) => !before.includes(name))).toEqual([]);
    expect((await list()).map((row) => row.job)).not.toContain(job);
    expect(hidden()).toEqual([]);
  });
});

it('a source that changes fails its job in one line', async () => {
  const own = cli.file('changing.mp4');
  copyFileSync(clip, own);
  const before = parts();
  const {
    value: { job },
  } = await cli.json<Row>('upscale', own, '-m', model, '-o', 'changing2.mp4', '--checkpoint-frames', '5', '--detach');
  await partsBeyond(before);
  expect((await cli.run('pause', job)).code).toBe(0);
  appendFileSync(own, 'more');
  expect((await cli.run('resume', job)).code).toBe(0);
  const ended = await eventually('the job has ended', async () => {
    const row = await status(job);
    return row.status === 'failed' ? row : undefined;
  });
  expect(ended).toMatchObject({
    error: expect.stringMatching(/^[^\n]*changing\.mp4 has changed since the job began[^\n]*$/) as string,
  });
  expect(existsSync(cli.file('changing2.mp4'))).toBe(false);
  expect(hidden()).toEqual([]);
  const waited = await cli.run('wait', job);
  expect(waited.code).toBe(1);
  expect(waited.stderr).toMatch(/^reelscale: [^\n]*has changed since the job began[^\n]*$/);
});

it('clean removes what finished jobs left and keeps what can go on', async () => {
  const before = parts();
  const running = cli.start(slow('open.mp4'));
  await partsBeyond(before);
  running.kill('SIGINT');
  expect((await running).exitCode).toBe(130);
  const { job } = await jobOf('open.mp4');
  const kept = parts().filter((name) => !before.includes(name));
  const { value } = await cli.json<{ jobs: number; bytes: number }>('clean');
  expect(value.jobs).toBeGreaterThan(0);
  expect(value.bytes).toBeGreaterThan(0);
  expect((await list()).map((row) => row.job)).toEqual([job]);
  expect(parts().sort()).toEqual(kept.sort());
  expect(existsSync(cli.file('whole.mp4'))).toBe(true);
  await expectWhole('open.mp4', await cli.run(...slow('open.mp4')));
  await cli.run('clean');
  expect(await list()).toEqual([]);
  expect(readdirSync(path.join(cli.home, 'jobs/upscaled'))).toEqual([]);
});

const own = new Cli({ REELSCALE_LINGER_SECONDS: '1' });

it('a background supervisor ends when nobody needs it', async () => {
  const small = await makeClip(own.file('small.mp4'), { seconds: 0.4, size: '64x48' });
  const { code, stderr } = await own.run('upscale', small, '--preset', 'preview');
  expect(code, stderr).toBe(0);
  await eventually('no process is left', () => own.processes().length === 0);
  expect(readFileSync(path.join(own.home, 'logs/supervisor.log'), 'utf8')).not.toContain('Error');
});
