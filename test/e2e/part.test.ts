import { execa } from 'execa';
import { expect, it } from 'vitest';
import type { JobReport } from '../../src/job/contracts.js';
import { argv } from '../../src/lib/argv.js';
import { Cli, decodedFrames } from '../support/cli.js';
import { ffmpeg } from '../support/media.js';
import { tinyModel } from '../support/models.js';

const cli = new Cli({ REELSCALE_HEARTBEAT_SECONDS: '20' });

it('a part without black borders goes through a network, is checked against that part, and is done once', async () => {
  await tinyModel(cli.file('x2.onnx'));
  await ffmpeg(
    ...argv`
      -f lavfi -i testsrc2=size=96x54:rate=25:duration=3,pad=96:72:0:10:black,setsar=64/45 -f lavfi
      -i aevalsrc='0.3*sin(n/9)*sin(n/3000)':s=48000:d=3 -c:v libx264 -preset veryfast -g 30 -pix_fmt yuv420p -c:a aac
      ${cli.file('clip.mp4')}
    `,
  );
  const command = [
    'upscale',
    'clip.mp4',
    '-m',
    'x2.onnx',
    '--from',
    '1.5',
    '--to',
    '0:02.5',
    '--crop',
    'auto',
    '--segment-frames',
    '10',
  ];
  const { code, value, stderr } = await cli.json<JobReport>(...command);
  expect(code, stderr).toBe(0);
  expect(stderr).toContain('--crop auto: 96x54+0+10 of 96x72 is used, the rest is black');
  expect(value).toMatchObject({ output: cli.file('clip.from1.5.to2.5.x2.mp4'), frames: 25, inferredFrames: 25 });
  expect(value.warnings).toContain('black borders were cut off: 96x54+0+10 of 96x72 is used');
  expect(await decodedFrames(value.output)).toBe(25);
  const { stdout } = await execa(
    'ffprobe',
    argv`-v error -select_streams v -show_entries stream=width,height,sample_aspect_ratio -of csv=p=0 ${value.output}`,
  );
  expect(stdout.trim()).toBe('192,108,64:45');

  const part = ['--from', '1.5', '--to', '0:02.5', '--crop', 'auto'];
  const verified = await cli.run('verify', value.output, '--against', 'clip.mp4', ...part);
  expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining('nothing is wrong')]);
  expect(
    (await cli.run('verify', value.output, '--against', 'clip.mp4', ...part.slice(0, 4))).code,
    'not cropped',
  ).toBe(1);
  expect(
    (
      await cli.run(
        'verify',
        value.output,
        '--against',
        'clip.mp4',
        '--from',
        '1.46',
        '--to',
        '2.46',
        '--crop',
        'auto',
      )
    ).code,
    'a frame too early',
  ).toBe(1);
  expect((await cli.run('verify', value.output, ...part)).stderr).toBe(
    'reelscale: --from, --to, --crop: of what? Name the source with --against',
  );

  const again = await cli.json<JobReport>(...command);
  expect(again.value).toMatchObject({ job: value.job, inferredFrames: 0, sha256: value.sha256 });

  const refused = await cli.run('upscale', 'clip.mp4', '--preset', 'preview', '--from', '2', '--to', '1');
  expect([refused.code, refused.stderr]).toEqual([2, 'reelscale: --to 0:01.000 must be later than --from 0:02.000']);
});
