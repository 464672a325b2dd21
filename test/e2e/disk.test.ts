import { existsSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { JobReport } from '../../src/job/contracts.js';
import { argv } from '../../src/lib/argv.js';
import { Cli, eventually, pictureDigest } from '../support/cli.js';
import { makeClip } from '../support/media.js';
import { tinyModel } from '../support/models.js';
import { mounted } from '../support/mounts.js';

const MB = 1e6;
const MUST_STAY_FREE = 40 * MB;
const FRAMES = 60;

// Only the jobs lie on the small disk: a server whose database finds it full is another matter.
const place = new Cli();
const disk = place.file('disk');
const canMount = mounted(disk, 'size=200m');
if (!canMount)
  process.stdout.write('skipped: filling a disk needs a small one of its own, and mounting is not permitted here\n');
const cli = new Cli({
  REELSCALE_JOBS_ROOT: path.join(disk, 'jobs'),
  REELSCALE_MIN_FREE_BYTES: String(MUST_STAY_FREE),
});
const clip = cli.file('clip.mp4');
const filler = path.join(disk, 'filler');

const free = (): number => {
  const { bavail, bsize } = statfsSync(disk);
  return bavail * bsize;
};
const leave = (bytes: number): void => {
  writeFileSync(filler, Buffer.alloc(free() - bytes));
};

describe.skipIf(!canMount)('on a disk that is too small', () => {
  let model: string;
  const command = (output: string): string[] => [
    'upscale',
    clip,
    ...argv`-o ${cli.file(output)} -m ${model} --segment-frames 30 --checkpoint-frames 10`,
  ];
  beforeAll(async () => {
    await makeClip(clip, { seconds: FRAMES / 25, size: '128x96' });
    model = await tinyModel(cli.file('slow.onnx'), { scale: 2, work: 4 });
  });

  it('a job that will not fit is refused with numbers, before it begins', async () => {
    leave(MUST_STAY_FREE + MB);
    const { code, stdout, stderr } = await cli.run(...command('refused.mp4'));
    rmSync(filler);
    expect(code, stderr).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^reelscale: this needs about [\d.]+ MB at \S+, and 4[\d.]+ MB are free: make room[^\n]*$/);
    expect(cli.processes(/supervisorMain/)).toEqual([]);
    expect(readdirSync(path.join(disk, 'jobs')).filter((name) => !['digests', 'tiles'].includes(name))).toEqual([]);
  });

  it('a job whose disk fills up pauses itself, says so, and goes on when there is room', async () => {
    // The same pictures, without the work.
    const plain = await tinyModel(cli.file('plain.onnx'), { scale: 2 });
    const whole = await cli.run('upscale', clip, '-o', 'whole.mp4', '-m', plain, '--segment-frames', '30');
    expect(whole.code, whole.stderr).toBe(0);

    const running = cli.start([...command('full.mp4'), '--json']);
    await eventually(
      'a part is committed',
      () =>
        existsSync(path.join(disk, 'jobs/upscaled')) &&
        readdirSync(path.join(disk, 'jobs/upscaled'), { recursive: true, encoding: 'utf8' }).some((name) =>
          /seg-\d+\/\d+\.json$/.test(name),
        ),
    );
    leave(MUST_STAY_FREE - 5 * MB);
    const { exitCode, stdout, stderr } = await running;
    expect(exitCode, stderr).toBe(130);
    expect(stderr.split('\n').at(-1)).toMatch(
      new RegExp(
        '^reelscale: job [0-9a-f]{8}: paused: only 3[\\d.]+ MB are free at \\S+, and 40\\.0 MB must stay free: ' +
          'make room, then resume the job',
      ),
    );
    const { job, status } = JSON.parse(stdout) as { job: string; status: string };
    expect(status).toBe('paused');
    expect(existsSync(cli.file('full.mp4'))).toBe(false);
    expect((await cli.json<{ status: string }>('status', job)).value.status).toBe('paused');

    rmSync(filler);
    expect((await cli.run('resume', job)).code).toBe(0);
    const waited = await cli.json<JobReport>('wait', job);
    expect(waited.code, waited.stderr).toBe(0);
    expect(waited.value).toMatchObject({ frames: FRAMES, inferredFrames: FRAMES });
    expect(await pictureDigest(cli.file('full.mp4'))).toBe(await pictureDigest(cli.file('whole.mp4')));
  });
});
