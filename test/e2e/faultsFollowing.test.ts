import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { JobReport } from '../../src/job/contracts.js';
import { argv } from '../../src/lib/argv.js';
import { Cli, decodedFrames, eventually, pictureDigest } from '../support/cli.js';
import { makeClip } from '../support/media.js';
import { tinyModel } from '../support/models.js';

const FRAMES = 90;
const CHECKPOINT = 15;
const cli = new Cli();
/** An encoder that reads pictures as they come, and not a list of parts. */
const FOLLOWER = /^ffmpeg .*-i pipe:0 .*libx264/;
let command: (output: string) => string[];
let undisturbed: string;

beforeAll(async () => {
  const clip = await makeClip(cli.file('clip.mp4'), { seconds: FRAMES / 25, size: '128x96' });
  const model = await tinyModel(cli.file('slow.onnx'), { scale: 2, work: 4 });
  command = (output) => [
    'upscale',
    clip,
    ...argv`-o ${output} -m ${model} --segment-frames 45 --checkpoint-frames ${CHECKPOINT} --overwrite --json`,
  ];
  const output = cli.file('undisturbed.mp4');
  const { exitCode, stderr } = await cli.start(command(output));
  expect(exitCode, stderr).toBe(0);
  undisturbed = await pictureDigest(output);
});

beforeEach(pretendFast);

/** Encodes follow a device that is fast beside them: the latest jobs of this kind are said to have taken no time. */
function pretendFast(): void {
  const jobs = path.join(cli.home, 'jobs');
  const [estimate] = readdirSync(jobs, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('estimate.json'),
  );
  const { key, pixels } = JSON.parse(readFileSync(path.join(jobs, estimate ?? ''), 'utf8')) as {
    key: string;
    pixels: number;
  };
  const outcome = { at: '2026-01-01T00:00:00Z', job: 'x', key, frames: FRAMES, pixels, seconds: 1e-3, bytes: 1 };
  appendFileSync(path.join(jobs, 'outcomes.jsonl'), `${JSON.stringify(outcome)}\n`.repeat(5));
}

/** Frames in committed upscaled parts of the job at work. */
function committed(): number {
  const root = path.join(cli.home, 'jobs/upscaled');
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => /seg-\d+\/\d+\.json$/.test(name))
    .reduce((sum, name) => {
      try {
        const { start, end } = JSON.parse(readFileSync(path.join(root, name), 'utf8')) as {
          start: number;
          end: number;
        };
        return sum + end - start;
      } catch {
        return sum;
      }
    }, 0);
}

/** An encode is at work on a segment that is not all upscaled. */
const followed = () =>
  eventually('an encode that follows', () => cli.processes(FOLLOWER).length > 0 && committed() < FRAMES - CHECKPOINT);

async function expectSame(
  output: string,
  result: { exitCode?: number | undefined; stdout: string; stderr: string },
): Promise<JobReport> {
  expect(result.exitCode, result.stderr).toBe(0);
  const report = JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '') as JobReport;
  expect(report.frames).toBe(FRAMES);
  expect(await decodedFrames(output)).toBe(FRAMES);
  expect(await pictureDigest(output)).toBe(undisturbed);
  return report;
}

describe('a job whose encodes follow the upscale gives the same pictures when', () => {
  it.each([
    ['the encode is killed', FOLLOWER],
    ['the upscale worker is killed', /--role upscale/],
  ])('%s', async (what, process) => {
    const output = cli.file(`${what}.mp4`);
    const running = cli.start(command(output));
    await followed();
    expect(cli.kill(process)).toBeGreaterThan(0);
    const { inferredFrames } = await expectSame(output, await running);
    // At most a part, and what followed while it was written.
    expect(inferredFrames).toBeLessThanOrEqual(FRAMES + CHECKPOINT + 5);
  });

  it('everything is killed, and the same command is run again', async () => {
    const output = cli.file('all.mp4');
    const running = cli.start(command(output));
    await followed();
    cli.kill();
    await running;
    expect(existsSync(output)).toBe(false);
    await expectSame(output, await cli.start(command(output)));
  });

  it('it is paused by Ctrl-C, and the same command is run again', async () => {
    const output = cli.file('paused.mp4');
    const running = cli.start(command(output));
    await followed();
    running.kill('SIGINT');
    expect((await running).exitCode).toBe(130);
    await eventually('no encode is left', () => cli.processes(FOLLOWER).length === 0);
    const { inferredFrames } = await expectSame(output, await cli.start(command(output)));
    expect(inferredFrames).toBeLessThanOrEqual(FRAMES + 5);
  });
});
