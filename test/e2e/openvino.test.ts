import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { argv } from '../../src/lib/argv.js';
import { openvinoExists, setUpOpenvino } from '../../src/runtime/openvinoFiles.js';
import { Cli, eventually, pictureDigest } from '../support/cli.js';
import { makeClip } from '../support/media.js';
import { tinyModel } from '../support/models.js';

const NETWORK = { scale: 2, work: 8 } as const;
const DEVICE = ['--device', 'openvino:cpu'];

interface PartRecord {
  precision: string;
  tools: Record<string, string>;
}

describe.skipIf(!openvinoExists())('a job on openvino:cpu', () => {
  const cli = new Cli();
  const clip = cli.file('clip.mp4');
  let expected: string;

  beforeAll(async () => {
    await setUpOpenvino(() => undefined);
    await makeClip(clip, { seconds: 1.6, size: '128x96' });
    await tinyModel(cli.file('slow.onnx'), NETWORK);
  });

  const upscale = (output: string, ...more: string[]): string[] => [
    'upscale',
    clip,
    ...argv`-o ${output} -m ${cli.file('slow.onnx')} --checkpoint-frames 8 ${more}`,
  ];
  const parts = (): PartRecord[] => {
    const root = path.join(cli.home, 'jobs/upscaled');
    return readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((name) => /seg-\d+\/\d+\.json$/.test(name))
      .map((name) => JSON.parse(readFileSync(path.join(root, name), 'utf8')) as PartRecord);
  };

  it('that is killed goes on by the same command, as it was, to the same bytes', async () => {
    const first = cli.start(upscale('out.mp4', ...DEVICE, '--keep-mezzanine'));
    await eventually('a part is committed', () => {
      try {
        return parts().length > 0;
      } catch {
        return false;
      }
    });
    cli.kill(/upscaler\/process/);
    cli.kill(/cli\.js|bin\/reelscale/, 'SIGINT');
    await first;
    // Neither the device nor the precision is named again.
    const { code, stderr } = await cli.run(...upscale('out.mp4'));
    expect(code, stderr).toBe(0);
    expected = parts()[0]?.precision ?? '';
    for (const { precision, tools } of parts()) {
      expect({ precision, provider: tools['provider'] }).toEqual({ precision: expected, provider: 'openvino' });
    }
    // A twin of the model makes everything anew, without a break.
    await tinyModel(cli.file('twin.onnx'), { ...NETWORK, name: 'twin' });
    const whole = await cli.run('upscale', clip, ...argv`-o whole.mp4 -m ${cli.file('twin.onnx')}`, ...DEVICE);
    expect(whole.code, whole.stderr).toBe(0);
    expect(await pictureDigest(cli.file('whole.mp4'))).toBe(await pictureDigest(cli.file('out.mp4')));
  });

  it('is what a job takes by itself where it was measured to be the fastest', async () => {
    const auto = new Cli({ REELSCALE_DEVICE: 'auto' });
    await tinyModel(auto.file('heavy.onnx'), { scale: 2, work: 4 });
    await makeClip(auto.file('clip.mp4'), { seconds: 1, size: '128x96' });
    const tuned = await auto.run('tune', '-m', auto.file('heavy.onnx'), '--json');
    expect(tuned.code, tuned.stderr).toBe(0);
    const rows = JSON.parse(tuned.stdout) as {
      device: string;
      precision: string;
      fps: number;
      speed: { cores: number };
      decibels?: number | null;
    }[];
    expect(rows.map(({ device }) => device)).toEqual(expect.arrayContaining(['cpu', 'openvino:cpu']));
    expect(
      rows.every(
        ({ fps, speed, device, decibels }) =>
          fps > 0 && speed.cores > 0 && (device === 'cpu' || (decibels ?? Infinity) > 30),
      ),
    ).toBe(true);
    const [best] = rows.sort((a, b) => b.fps - a.fps);
    const { code, stderr, stdout } = await auto.run(
      ...argv`upscale clip.mp4 -o out.mp4 -m ${auto.file('heavy.onnx')} --keep-mezzanine`,
    );
    expect(code, stderr + stdout).toBe(0);
    const record = readdirSync(path.join(auto.home, 'jobs/upscaled'), { recursive: true, encoding: 'utf8' })
      .filter((name) => /seg-\d+\/\d+\.json$/.test(name))
      .map((name) => readFileSync(path.join(auto.home, 'jobs/upscaled', name), 'utf8'))[0];
    const { precision, tools } = JSON.parse(record ?? '') as PartRecord;
    expect([tools['provider'], precision]).toEqual([best?.device === 'cpu' ? 'cpu' : 'openvino', best?.precision]);
  });

  it('is what a job or a batch with its tag is, as well', async () => {
    mkdirSync(cli.file('in'));
    await makeClip(cli.file('in/tagged.mp4'), { seconds: 0.4, size: '96x64' });
    const { code, stderr } = await cli.run(
      ...argv`batch in --out-dir batch -m ${cli.file('slow.onnx')} --tag openvino:cpu --keep-mezzanine`,
    );
    expect(code, stderr).toBe(0);
    expect(parts().every(({ tools }) => tools['provider'] === 'openvino')).toBe(true);
  });

  it('is another job than the same on the CPU', async () => {
    const before = parts().length;
    const { code, stderr } = await cli.run(...upscale('cpu.mp4', '--device', 'cpu', '--keep-mezzanine'));
    expect(code, stderr).toBe(0);
    const own = parts();
    expect(own.length).toBeGreaterThan(before);
    expect(own.some(({ precision, tools }) => precision === 'fp32' && tools['provider'] === 'cpu')).toBe(true);
  });

  it('a precision that the device does not have is one line and exit code 2', async () => {
    const cpu = await cli.run(...upscale('a.mp4', '--device', 'cpu', '--precision', 'bf16'));
    expect(cpu).toMatchObject({ code: 2, stderr: expect.stringContaining('needs --device openvino:cpu') as string });
    const half = await cli.run(...upscale('b.mp4', ...DEVICE, '--precision', 'fp16'));
    expect(half).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /--precision fp16 needs --device .*cuda:N.*: openvino:cpu computes in bf16 or fp32/,
      ) as string,
    });
  });
});
