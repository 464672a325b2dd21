import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import type { JobReport } from '../../src/job/contracts.js';
import { argv } from '../../src/lib/argv.js';
import { Cli, decodedFrames } from '../support/cli.js';
import { makeClip } from '../support/media.js';
import { tinyModel } from '../support/models.js';

const cli = new Cli({ REELSCALE_HEARTBEAT_SECONDS: '20' });
const FRAMES = 20;

beforeAll(async () => {
  await makeClip(cli.file('clip.mp4'), { seconds: FRAMES / 25, audioTracks: 1 });
  await tinyModel(cli.file('net.onnx'));
});

async function streams(file: string): Promise<{ codec_name: string; codec_tag_string: string; width?: number }[]> {
  const { stdout } = await execa('ffprobe', ['-v', 'error', '-show_streams', '-of', 'json', `file:${file}`]);
  return (JSON.parse(stdout) as { streams: { codec_name: string; codec_tag_string: string }[] }).streams;
}

describe('encoding a finished job again', () => {
  it('is refused where the upscaled frames were not kept', async () => {
    const first = await cli.json<JobReport>('upscale', 'clip.mp4', '-m', 'net.onnx');
    expect(first.value).toMatchObject({ status: 'done', inferredFrames: FRAMES });
    const again = await cli.run('reencode', first.value.job, '--crf', '18');
    expect(again).toMatchObject({ code: 2, stdout: '' });
    expect(again.stderr).toMatch(
      /^reelscale: the upscaled frames of job \w+ were not kept: run upscale again with --keep-mezzanine.*$/m,
    );
  });

  it('takes no frame through the network, in another quality and another codec', async () => {
    const first = await cli.json<JobReport>('upscale', 'clip.mp4', ...argv`-m net.onnx -o kept.mp4 --keep-mezzanine`);
    expect(first).toMatchObject({ code: 0, value: { inferredFrames: FRAMES } });
    const better = await cli.json<JobReport>('reencode', first.value.job, '--crf', '8');
    expect(better.code, better.stderr).toBe(0);
    expect(better.value).toMatchObject({
      status: 'done',
      output: cli.file('kept.crf8.mp4'),
      frames: FRAMES,
      inferredFrames: 0,
    });
    expect(better.value.bytes).toBeGreaterThan(first.value.bytes);
    const modern = await cli.json<JobReport>('reencode', first.value.job, '--codec', 'h265', '-o', 'modern.mp4');
    expect(modern.code, modern.stderr).toBe(0);
    expect(modern.value).toMatchObject({ inferredFrames: 0, frames: FRAMES });
    expect(
      (await streams(cli.file('modern.mp4'))).map(({ codec_name, codec_tag_string, width }) => [
        codec_name,
        codec_tag_string,
        width,
      ]),
    ).toEqual([
      ['hevc', 'hvc1', 320],
      ['aac', 'mp4a', undefined],
    ]);
    expect(await decodedFrames(cli.file('modern.mp4'))).toBe(FRAMES);
    expect((await cli.json<JobReport>('reencode', first.value.job, '--crf', '8')).value).toMatchObject({
      output: cli.file('kept.crf8.mp4'),
      inferredFrames: 0,
    });
  });

  it('is refused without another setting, and for an unknown job', async () => {
    const { value } = await cli.json<JobReport>(
      'upscale',
      'clip.mp4',
      ...argv`-m net.onnx -o kept.mp4 --keep-mezzanine`,
    );
    expect((await cli.run('reencode', value.job)).stderr).toMatch(/was encoded so: give another --crf/);
    expect(await cli.run('reencode', 'ffffffff', '--crf', '18')).toMatchObject({ code: 2 });
  });

  it('AV1 is encoded and delivered from the source by a filter', async () => {
    const { code, stderr } = await cli.json<JobReport>(
      'upscale',
      'clip.mp4',
      ...argv`-m bicubic -s 2 --codec av1 --encoder-preset ultrafast -o small.mp4`,
    );
    expect(code, stderr).toBe(0);
    expect((await streams(cli.file('small.mp4')))[0]).toMatchObject({
      codec_name: 'av1',
      codec_tag_string: 'av01',
      width: 320,
    });
    expect(await decodedFrames(cli.file('small.mp4'))).toBe(FRAMES);
  });
});
