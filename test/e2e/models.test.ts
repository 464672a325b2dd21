import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { compactNet } from '../models/ncnn/net.js';
import { compactState } from '../models/networks.js';
import { Cli, decodedFrames } from '../support/cli.js';
import { makeClip } from '../support/media.js';
import { tinyModel } from '../support/models.js';
import { zipPth } from '../support/torch.js';

const cli = new Cli();
const modelsRoot = path.join(cli.home, 'models');
const write = (name: string, bytes: Uint8Array | string): string => {
  writeFileSync(cli.file(name), bytes);
  return name;
};

describe('one line, exit code 2 and nothing in the models folder for', () => {
  const { param, bin } = compactNet();
  const pth = zipPth(compactState({ features: 4, convolutions: 1, scale: 2 }));
  it.each<[string, () => string[], RegExp]>([
    [
      'a truncated .bin',
      () => {
        write('cut.bin', bin.subarray(0, bin.length - 5));
        return [write('cut.param', param)];
      },
      /"cut\.param" cannot be converted/,
    ],
    [
      'a .param that points outside',
      () => {
        write('outside.bin', bin);
        return [
          write('outside.param', param.replace('pixelshuffle', '../../pixelshuffle').replace(' data ', ' nowhere ')),
        ];
      },
      /"outside\.param" cannot be converted/,
    ],
    [
      'a pickle with code',
      () => [write('code.pth', Buffer.from('\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R.'))],
      /"code\.pth" cannot be converted/,
    ],
    ['half a .pth', () => [write('half.pth', pth.subarray(0, pth.length / 2))], /"half\.pth" cannot be converted/],
    ['an ONNX that is none', () => [write('none.onnx', 'text')], /"none\.onnx" cannot be used/],
    [
      'a name that is taken',
      () => [write('net.pth', pth), '--name', 'bicubic'],
      /"bicubic" is the name of another model already/,
    ],
    ['a name for a folder', () => ['.', '--name', 'net'], /--name names one model/],
    ['a path that is missing', () => ['missing.pth'], /"missing\.pth" is no model: there is no such file/],
  ])('%s', async (_, args, line) => {
    const { code, stdout, stderr } = await cli.run('models', 'import', ...args());
    expect(stderr.trimEnd().split('\n'), stderr).toHaveLength(1);
    expect(stderr).toMatch(line);
    expect([code, stdout]).toEqual([2, '']);
    expect(existsSync(modelsRoot) ? readdirSync(modelsRoot) : []).toEqual([]);
  });
});

it('an imported model is listed, described, used by its name, and removed', async () => {
  await makeClip(cli.file('clip.mp4'), { seconds: 0.2, size: '64x48' });
  await tinyModel(cli.file('My net.onnx'));
  const imported = await cli.run('models', 'import', 'My net.onnx');
  expect([imported.code, imported.stdout], imported.stderr).toEqual([0, 'My-net']);
  expect((await cli.run('models', 'import', 'My net.onnx')).stderr).toContain('was here already');

  const { stdout: listed } = await cli.run('models', 'list', '--json');
  expect(
    (JSON.parse(listed) as { name: string; kind: string }[])
      .filter(({ kind }) => kind === 'imported')
      .map(({ name }) => name),
  ).toEqual(['My-net']);
  expect((await cli.run('models', 'list')).stdout).toMatch(/^My-net +x2 +imported$/m);
  const { value: info } = await cli.json<{ variants: { scale: number; speed: { fps: number } }[] }>(
    'models',
    'info',
    'my-net',
  );
  expect(info.variants[0]?.scale).toBe(2);
  expect(info.variants[0]?.speed.fps).toBeGreaterThan(0);
  expect((await cli.run('models', 'info', 'my-net')).stdout).toMatch(
    /fps for 720x576 on \S+ in \S+, measured on \d+x\d+/,
  );
  expect((await cli.run('models', 'list')).stdout).toMatch(
    /^My-net +x2 +imported +\S+ fps for 720x576 on \S+ in \S+$/m,
  );

  const done = await cli.json<{ status: string; output: string; frames: number }>(
    'upscale',
    'clip.mp4',
    '-m',
    'my-net',
  );
  expect(done.value, done.stderr).toMatchObject({ status: 'done', output: cli.file('clip.x2.mp4'), frames: 5 });
  expect(await decodedFrames(cli.file('clip.x2.mp4'))).toBe(5);

  expect((await cli.run('models', 'remove', 'my-net')).code).toBe(0);
  expect(readdirSync(modelsRoot).sort()).toEqual(['inspected']);
  const gone = await cli.run('models', 'remove', 'my-net');
  expect([gone.code, gone.stderr]).toEqual([
    2,
    'reelscale: there is no model "my-net" here: `reelscale models list` shows those that are',
  ]);
});

it('a folder of ncnn networks is imported, and what cannot be used is said', async () => {
  const { param, bin } = compactNet();
  write('good.param', param);
  write('good.bin', bin);
  const { code, stdout, stderr } = await cli.run('models', 'import', '.');
  expect(code, stderr).toBe(0);
  expect(stdout).toBe('good');
  expect(stderr).toMatch(/^not imported: "cut\.param" cannot be converted/m);
  expect(readFileSync(path.join(modelsRoot, 'good', 'model.json'), 'utf8')).toContain('"good.param"');
});

it('a PyTorch file is imported', async () => {
  write('torch.pth', zipPth(compactState({ features: 4, convolutions: 1, scale: 2 })));
  const { code, stdout, stderr } = await cli.run('models', 'import', 'torch.pth');
  expect([code, stdout], stderr).toEqual([0, 'torch']);
});
