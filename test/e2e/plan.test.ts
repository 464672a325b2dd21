import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { JobEstimate } from '../../src/client/estimate/jobEstimate.js';
import { Cli } from '../support/cli.js';
import { makeClip } from '../support/media.js';
import { tinyModel } from '../support/models.js';

const cli = new Cli();
const calibrations = path.join(cli.home, 'jobs', 'calibrations');
const plan = (...args: string[]) => cli.json<JobEstimate>('plan', 'clip.mp4', ...args);

it('a plan says what a job takes, starts nothing, is measured once; the job says how far off it was', async () => {
  await makeClip(cli.file('clip.mp4'), { seconds: 2, size: '160x120' });
  await tinyModel(cli.file('net.onnx'), { work: 2 });

  const { value, stderr } = await plan(
    '-m',
    'net.onnx',
    '--segment-frames',
    '20',
    '--cost-per-hour',
    '3.6',
    '--device',
    'cpu',
  );
  expect(value, stderr).toMatchObject({
    output: cli.file('clip.x2.mp4'),
    frames: 50,
    segments: 3,
    width: 320,
    height: 240,
    source: { width: 160, height: 120 },
    notes: [],
  });
  expect(value.here).toMatchObject({ device: 'cpu', basis: 'measured', jobs: 0 });
  const { here } = value;
  expect(here?.cost).toBeCloseTo((here?.seconds ?? 0) / 1000);
  expect(here?.fps).toBeCloseTo(50 / (here?.seconds ?? 0));
  expect(value.bytes).toBeGreaterThan(5000);
  expect(value.disk.jobs).toBeGreaterThan(value.bytes);
  expect(value, 'speeds that this program has not measured').not.toHaveProperty('elsewhere');

  expect(readdirSync(calibrations)).toHaveLength(2);
  expect(cli.processes()).toEqual([]);
  expect(['jobs', 'outputs', 'upscaled'].map((name) => existsSync(path.join(cli.home, 'jobs', name)))).toEqual([
    false,
    false,
    false,
  ]);

  const again = await plan('-m', 'net.onnx', '--segment-frames', '20', '--device', 'cpu');
  expect(again.value.here?.seconds).toBe(here?.seconds);
  expect(again.value.here).not.toHaveProperty('cost');
  expect(readdirSync(calibrations)).toHaveLength(2);

  const job = ['clip.mp4', '-m', 'net.onnx', '--segment-frames', '20', '--device', 'cpu'];
  const done = await cli.json<{
    job: string;
    seconds: number;
    workedSeconds: number;
    estimate: { seconds: number; bytes: number };
  }>('upscale', ...job);
  expect(done.value.estimate, done.stderr).toEqual({
    seconds: expect.closeTo(here?.seconds ?? 0, 6) as number,
    bytes: expect.closeTo(value.bytes, -1) as number,
  });
  expect(done.value.workedSeconds).toBeGreaterThan(0);
  expect(done.value.workedSeconds).toBeLessThanOrEqual(done.value.seconds);
  expect((await cli.run('status', done.value.job)).stdout).toMatch(
    /^estimate \d+:\d\d of work and \S+ k?B; it took \d+:\d\d and \S+ k?B \(.+, .+\)$/m,
  );
  const history = JSON.parse(readFileSync(path.join(cli.home, 'jobs', 'outcomes.jsonl'), 'utf8')) as object;
  expect(history).toMatchObject({
    job: done.value.job,
    frames: 50,
    pixels: 160 * 120,
    seconds: done.value.workedSeconds,
    raw: { seconds: expect.closeTo(here?.seconds ?? 0, 6) as number },
  });

  const { code, stdout } = await cli.run('plan', ...job);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^frames +50 in 3 segments$/m);
  expect(stdout).toMatch(/^this machine \(cpu\) .*measured on this clip, corrected by the last job$/m);
  expect(stdout).not.toMatch(/others|A100|T4/);
});

it('a filter is planned for the processor alone, and a wrong price is refused', async () => {
  const { value } = await plan('--preset', 'preview', '-s', '2');
  expect(value).toMatchObject({ method: 'bicubic x2', frames: 50, segments: 1 });
  expect(value.here?.device).toBe('cpu');
  const wrong = await cli.run('plan', 'clip.mp4', '--cost-per-hour', '-1');
  expect([wrong.code, wrong.stdout, wrong.stderr]).toEqual([
    2,
    '',
    'reelscale: --cost-per-hour: must be a number from 0 on',
  ]);
});
