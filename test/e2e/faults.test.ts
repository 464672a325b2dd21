import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { tlsEnvironment } from '../../src/client/connection/serverTls.js';
import type { JobReport } from '../../src/job/contracts.js';
import { argv } from '../../src/lib/argv.js';
import { Cli, decodedFrames, eventually, pictureDigest } from '../support/cli.js';
import { makeClip } from '../support/media.js';
import { tinyModel } from '../support/models.js';

const FRAMES = 90;
const CHECKPOINT = 15;
const cli = new Cli();
let clip: string;
let model: string;
let undisturbed: string;

const command = (output: string): string[] => [
  'upscale',
  clip,
  ...argv`-o ${output} -m ${model} --segment-frames 45 --checkpoint-frames ${CHECKPOINT} --overwrite --json`,
];

beforeAll(async () => {
  clip = await makeClip(cli.file('clip.mp4'), { seconds: FRAMES / 25, size: '128x96' });
  // Slow enough that a part takes a while, and a kill falls into it.
  model = await tinyModel(cli.file('slow.onnx'), { scale: 2, work: 4 });
  // The same pictures, without the work.
  const plain = await tinyModel(cli.file('plain.onnx'), { scale: 2 });
  const output = cli.file('undisturbed.mp4');
  const { code, stderr } = await cli.run('upscale', clip, '-o', output, '-m', plain, '--segment-frames', '45');
  expect(code, stderr).toBe(0);
  undisturbed = await pictureDigest(output);
});

/** What the parts on the disk say of the job at work: frames in committed parts, and frames inferred at all. */
function onDisk(): { committed: number; inferred: number; parts: string[] } {
  const root = path.join(cli.home, 'jobs/upscaled');
  const folders = existsSync(root) ? readdirSync(root, { recursive: true, encoding: 'utf8' }) : [];
  const parts = folders.filter((name) => /seg-\d+\/\d+\.json$/.test(name)).map((name) => path.join(root, name));
  const committed = parts.reduce((sum, file) => {
    try {
      const { start, end } = JSON.parse(readFileSync(file, 'utf8')) as { start: number; end: number };
      return sum + end - start;
    } catch {
      return sum;
    }
  }, 0);
  const inferred = folders
    .filter((name) => name.endsWith('/inferred'))
    .reduce((sum, name) => sum + statSync(path.join(root, name)).size, 0);
  return { committed, inferred, parts };
}

/** A part is durable, and the next one has begun. */
const insideAPart = () =>
  eventually('a frame behind a committed part', () => {
    const { committed, inferred } = onDisk();
    return (
      committed >= CHECKPOINT &&
      committed < FRAMES - CHECKPOINT &&
      inferred > committed + 2 &&
      inferred % CHECKPOINT !== 0
    );
  });

/** Frames that may be inferred twice: an uncommitted part, and the few that follow while it is being written. */
const LOST = CHECKPOINT + 5;

async function expectWhole(
  output: string,
  result: { exitCode?: number | undefined; stdout: string; stderr: string },
  twice = LOST,
): Promise<JobReport> {
  expect(result.exitCode, result.stderr).toBe(0);
  const report = JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '') as JobReport;
  expect(report.frames).toBe(FRAMES);
  expect(await decodedFrames(output)).toBe(FRAMES);
  expect(await pictureDigest(output)).toBe(undisturbed);
  // What the checks of the segments saw is all there: nothing was decoded once more.
  for (const job of readdirSync(path.join(cli.home, 'jobs/jobs'))) {
    const verified = path.join(cli.home, 'jobs/jobs', job, 'verified.json');
    if (existsSync(verified)) expect(JSON.parse(readFileSync(verified, 'utf8'))).toMatchObject({ warnings: [] });
  }
  expect(report.inferredFrames).toBeGreaterThanOrEqual(FRAMES);
  expect(report.inferredFrames).toBeLessThanOrEqual(FRAMES + twice);
  return report;
}

describe('a job loses no frame when', () => {
  it('the upscale worker is killed inside a part', async () => {
    const output = cli.file('a.mp4');
    const running = cli.start(command(output));
    await insideAPart();
    expect(cli.kill(/--role upscale/)).toBeGreaterThan(0);
    await expectWhole(output, await running);
  });

  it('the inference process alone is killed', async () => {
    const output = cli.file('b.mp4');
    const running = cli.start(command(output));
    await insideAPart();
    expect(cli.kill(/upscaler\/process/)).toBeGreaterThan(0);
    await expectWhole(output, await running);
  });

  it('the encode worker is killed while it checks a segment', async () => {
    const output = cli.file('g.mp4');
    const running = cli.start(command(output));
    const check = /ff(mpeg|probe) .*-i file:\S*\/encoded-source\/seg-/;
    await eventually('a segment is checked', () => cli.processes(check).length > 0);
    expect(cli.kill(/--role encode/)).toBeGreaterThan(0);
    await expectWhole(output, await running);
  });

  it('the Temporal server is killed', async () => {
    const output = cli.file('c.mp4');
    const running = cli.start(command(output));
    await insideAPart();
    expect(cli.kill(/server start-dev/)).toBeGreaterThan(0);
    await expectWhole(output, await running);
  });

  it('every process that the command started is killed, and the same command is run again', async () => {
    const output = cli.file('d.mp4');
    const running = cli.start(command(output));
    await insideAPart();
    cli.kill();
    await running;
    await eventually('all processes are gone', () => cli.processes().length === 0);
    expect(existsSync(output)).toBe(false);
    const report = await expectWhole(output, await cli.start(command(output)));
    expect(report.reusedFrames).toBeGreaterThanOrEqual(0);
  });

  it('a part is truncated and another one changed between two runs', async () => {
    const output = cli.file('e.mp4');
    const running = cli.start(command(output));
    await eventually('two committed parts in a segment', () => onDisk().committed >= 2 * CHECKPOINT);
    running.kill('SIGINT');
    expect((await running).exitCode).toBe(130);
    const media = onDisk().parts.map((file) =>
      path.join(path.dirname(file), (JSON.parse(readFileSync(file, 'utf8')) as { file: string }).file),
    );
    const [first, second] = media as [string, string];
    const bytes = readFileSync(first);
    bytes[Math.floor(bytes.length / 2)]! ^= 0x55;
    writeFileSync(first, bytes);
    truncateSync(second, 100);
    await expectWhole(output, await cli.start(command(output)), 2 * CHECKPOINT);
  });

  it('a frozen worker wakes after its segment was given to another', async () => {
    const output = cli.file('f.mp4');
    const running = cli.start(command(output));
    await insideAPart();
    const frozen = cli.processes(/--role upscale/).map(({ pid }) => pid);
    frozen.forEach((pid) => {
      process.kill(pid, 'SIGSTOP');
    });
    const other = cli.start(['worker', '--role', 'upscale', '--device', 'cpu'], {
      TEMPORAL_ADDRESS: temporalAddress(),
      ...tlsEnvironment(cli.home),
    });
    const { inferred } = onDisk();
    await eventually(
      'the other worker goes on',
      () => onDisk().inferred > inferred + 2 * CHECKPOINT || existsSync(output),
    );
    frozen.forEach((pid) => {
      process.kill(pid, 'SIGCONT');
    });
    await expectWhole(output, await running, 3 * CHECKPOINT);
    other.kill('SIGTERM');
    await other;
  });
});

function temporalAddress(): string {
  const { grpc } = JSON.parse(readFileSync(path.join(cli.home, 'run/ports.json'), 'utf8')) as { grpc: number };
  return `127.0.0.1:${grpc}`;
}
