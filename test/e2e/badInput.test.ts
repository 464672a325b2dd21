import { copyFileSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { fileDigest } from '../../src/job/parts.js';
import { Cli, decodedFrames } from '../support/cli.js';
import { ffmpeg, makeClip } from '../support/media.js';
import { tinyModel } from '../support/models.js';
import { unwritable } from '../support/mounts.js';

const cli = new Cli();
const clip = cli.file('clip.mp4');
const canLock = unwritable(cli.file('locked'));

beforeAll(async () => {
  await makeClip(clip, { seconds: 0.4, size: '64x48' });
  await ffmpeg('-f', 'lavfi', '-i', 'sine=duration=1', cli.file('sound.m4a'));
  await tinyModel(cli.file('x2.onnx'));
  writeFileSync(cli.file('text.mp4'), 'A text file is no video.\n'.repeat(100));
  writeFileSync(cli.file('concat.mp4'), "ffconcat version 1.0\nfile 'clip.mp4'\n");
  writeFileSync(cli.file('playlist.mp4'), '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nclip.mp4\n#EXT-X-ENDLIST\n');
  writeFileSync(cli.file('zero.mp4'), '');
  writeFileSync(cli.file('no.onnx'), 'not a network');
  writeFileSync(cli.file('taken.mp4'), 'somebody else made this');
  mkdirSync(cli.file('folder'));
});

/** Everything that a user may see change: names, sizes, times. */
const beside = (): string[] =>
  readdirSync(cli.folder)
    .sort()
    .map((name) => {
      const { size, mtimeMs } = statSync(cli.file(name));
      return `${name} ${name === 'home' ? '' : `${size} ${mtimeMs}`}`;
    })
    .filter((line) => !line.startsWith('home'));

/** One clear line, exit code 2, nothing begun and nothing touched. */
async function refused(args: string[], line: RegExp): Promise<void> {
  const before = beside();
  const digest = await fileDigest(clip);
  const { code, stdout, stderr } = await cli.run(...args);
  expect(stderr.trimEnd().split('\n'), stderr).toHaveLength(1);
  expect(stderr).toMatch(line);
  expect(stderr).toMatch(/^reelscale: /);
  expect(code, stderr).toBe(2);
  expect(stdout).toBe('');
  expect(cli.processes(/supervisorMain|start-dev|worker\/main/)).toEqual([]);
  expect(beside()).toEqual(before);
  expect(await fileDigest(clip)).toBe(digest);
}

const preview = (...args: string[]): string[] => ['upscale', ...args, '--preset', 'preview'];

describe('an input is refused that', () => {
  it.each([
    ['is missing', 'none.mp4', /none\.mp4 does not exist/],
    ['is a folder', 'folder', /is a folder/],
    ['is a text file', 'text.mp4', /text\.mp4 is not a video/],
    ['is a text file that lists other files', 'concat.mp4', /concat\.mp4 is not a video/],
    ['is a playlist', 'playlist.mp4', /playlist\.mp4 is not a video/],
    ['has only sound', 'sound.m4a', /has no video, only sound/],
    ['is empty', 'zero.mp4', /is empty/],
    ['is missing, and has a line break in its name', 'two\nlines.mp4', /two\\nlines\.mp4 does not exist/],
    ['is a device', '/dev/zero', /not a regular file/],
    ['would be fetched', 'https://example.com/clip.mp4', /does not exist/],
  ])('%s', async (_, name, line) => {
    await refused(preview(name), line);
  });
});

describe('a flag is refused that', () => {
  it.each([
    ['names no model', ['-m', 'espcn'], /there is no model "espcn": choose one of/],
    [
      'names a model that is not here',
      ['-m', 'realesr-animevideov3'],
      /models pull realesr-animevideov3.*--preset preview/,
    ],
    ['names a scale that the model lacks', ['-m', 'x2.onnx', '-s', '4'], /no scale 4, only 2/],
    ['names a file that is no model', ['-m', 'no.onnx'], /no\.onnx/],
    ['is out of range', ['--crf', '99'], /--crf: must be from 0/],
    ['has no value', ['--scale'], /--scale/],
    ['is unknown', ['--colour'], /unknown option '--colour'/],
    ['names no preset', ['--preset', 'best'], /--preset: must be one of/],
    ['names a folder that is missing', ['-o', 'none/out.mp4'], /output folder .*none does not exist/],
    ['names an output that is neither .mp4 nor .mkv', ['-o', 'out.avi'], /must be named \.mp4 or \.mkv/],
    ['names the source as output', ['-o', 'clip.mp4'], /would replace the source/],
    ['names an output that is a folder', ['-o', 'folder'], /folder/],
    [
      'names an output that another made',
      ['-o', 'taken.mp4', '-m', 'bicubic'],
      /taken\.mp4 exists already: .*--overwrite/,
    ],
  ])('%s', async (_, flags, line) => {
    await refused(['upscale', 'clip.mp4', ...flags], line);
  });

  it.skipIf(!canLock)('names a folder that cannot be written', async () => {
    await refused(preview('clip.mp4', '-o', 'locked/out.mp4'), /locked cannot be written/);
  });
});

describe('a command is refused that', () => {
  it.each([
    ['is unknown', ['upscael', 'clip.mp4'], /unknown command/],
    ['has no input', ['upscale'], /missing required argument/],
    ['has two inputs', ['upscale', 'clip.mp4', 'clip.mp4'], /too many arguments/],
    ['names no job: status', ['status', 'abcd1234'], /there is no job abcd1234/],
    ['names no job: wait', ['wait', 'abcd1234'], /there is no job abcd1234/],
    ['names no job: pause', ['pause', 'abcd1234'], /there is no job abcd1234/],
    ['names no job: resume', ['resume', 'abcd1234'], /there is no job abcd1234/],
    ['names no job: cancel', ['cancel', 'abcd1234'], /there is no job abcd1234/],
    ['pulls no model', ['models', 'pull', 'espcn'], /there is no model "espcn"/],
    ['asks for no model', ['models', 'info', 'espcn'], /there is no model "espcn"/],
    [
      'names a device that is not here',
      ['upscale', 'clip.mp4', '-m', 'x2.onnx', '--device', 'cuda:97'],
      /cuda:97 cannot be used \(.+\): run npm run setup:cuda, and check the NVIDIA driver/,
    ],
    ['starts a worker without a role', ['worker'], /--role/],
    ['starts a worker with a wrong role', ['worker', '--role', 'boss'], /--role: must be/],
    ['starts a worker on a wrong device', ['worker', '--device', 'cuda'], /--device: cuda is not a device/],
    ['starts a worker without a server', ['worker', '--device', 'cpu'], /set TEMPORAL_ADDRESS/],
  ])('%s', async (_, args, line) => {
    await refused(args, line);
  });

  it('finds no server', async () => {
    const { exitCode, stderr } = await cli.start(['list'], { TEMPORAL_ADDRESS: '127.0.0.1:9' });
    expect(stderr).toMatch(
      /^reelscale: the Temporal server does not answer \(.+\): run the same command again, what is done is kept$/,
    );
    expect(exitCode).toBe(1);
  });

  it('has a wrong environment', async () => {
    const { exitCode, stderr } = await cli.start(preview('clip.mp4'), { REELSCALE_MIN_FREE_BYTES: 'much' });
    expect(stderr.split('\n'), stderr).toHaveLength(1);
    expect(stderr).toMatch(/^reelscale: REELSCALE_MIN_FREE_BYTES: /);
    expect(exitCode).toBe(2);
  });
});

it('a name may begin with a dash and hold quotes, spaces, line breaks, colons, percents and any letters', async () => {
  const name = `-a 'b' "c" \`d\` $e%03d: [f],;é日本\n*.mp4`;
  copyFileSync(clip, cli.file(name));
  const digest = await fileDigest(cli.file(name));
  const { code, stdout, stderr } = await cli.run(...preview(name, '-s', '2', '--json'));
  expect(code, stderr).toBe(0);
  const output = cli.file(name.replace('.mp4', '.x2.mp4'));
  expect((JSON.parse(stdout) as { output: string }).output).toBe(output);
  expect(await decodedFrames(output)).toBe(10);
  expect(await fileDigest(cli.file(name))).toBe(digest);
  const named = `-o 'ut' "p"\n.mp4`;
  const again = await cli.run('upscale', `--preset=preview`, '-s2', `-o${path.join(cli.folder, named)}`, name);
  expect(again.code, again.stderr).toBe(0);
  expect(await decodedFrames(cli.file(named))).toBe(10);
  expect(readdirSync(cli.folder).filter((entry) => entry.startsWith('.'))).toEqual([]);
});
