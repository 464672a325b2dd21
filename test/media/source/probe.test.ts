import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { argv } from '../../../src/lib/argv.js';
import { UserError } from '../../../src/lib/errors.js';
import { hasDecoder } from '../../../src/media/ffmpeg/abilities.js';
import { sourceInput } from '../../../src/media/ffmpeg/tools.js';
import { pictureNotices } from '../../../src/media/source/examine.js';
import { probeSource } from '../../../src/media/source/probe.js';
import { scanSource } from '../../../src/media/source/scan.js';
import {
  ffmpeg,
  hasSharedMedia,
  makeClip,
  promisedPng,
  scratchFolder,
  sharedFile,
  turn,
} from '../../support/media.js';

const folder = scratchFolder();
const inFolder = (name: string): string => path.join(folder, name);
const clip = inFolder('clip.mp4');

beforeAll(async () => {
  await makeClip(clip, { seconds: 1 });
});

async function refusal(file: string): Promise<string> {
  const error: unknown = await probeSource(file).then(
    () => undefined,
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}

describe('what is not a video is refused in one line that names it', () => {
  const cases: [string, () => string | Promise<string>, string][] = [
    ['a missing file', () => inFolder('missing.mp4'), 'does not exist'],
    ['a path below a file', () => path.join(clip, 'x.mp4'), 'does not exist'],
    ['a folder', () => folder, 'is a folder'],
    ['an empty file', () => written('empty.mp4', ''), 'is empty'],
    [
      'a text',
      () => written('text.txt', 'The quick brown fox jumps over the lazy dog.\n'.repeat(200)),
      'is not a video',
    ],
    ['a concat list', () => written('list.ffconcat', `ffconcat version 1.0\nfile '${clip}'\n`), 'is not a video'],
    [
      'a playlist',
      () => written('list.m3u8', '#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nclip.mp4\n#EXT-X-ENDLIST\n'),
      'is not a video',
    ],
    [
      'a named pipe',
      () => {
        execFileSync('mkfifo', [inFolder('pipe.mp4')]);
        return inFolder('pipe.mp4');
      },
      'is not a regular file',
    ],
    ['sound alone', () => soundAlone('sound.m4a'), 'has no video, only sound'],
    ['sound with a cover', () => soundWithCover('cover.m4a'), 'has no video, only sound'],
    [
      'sound whose header no decoder takes',
      () => soundUnopened('unopened.mkv'),
      'copy the file without it first (ffmpeg -i … -map 0 -map -0:1 -c copy …)',
    ],
    ['a name with a line break', () => inFolder('two\nlines.mp4'), 'two\\nlines.mp4 does not exist'],
  ];
  it.each(cases)('%s', async (_, make, says) => {
    const message = await refusal(await make());
    expect(message).toContain(says);
    expect(message).not.toContain('\n');
  });

  function written(name: string, text: string): string {
    writeFileSync(inFolder(name), text);
    return inFolder(name);
  }
  async function soundAlone(name: string): Promise<string> {
    await ffmpeg('-f', 'lavfi', '-i', 'sine=duration=1', inFolder(name));
    return inFolder(name);
  }
  async function soundUnopened(name: string): Promise<string> {
    const file = await makeClip(inFolder(name), { seconds: 0.4, audio: ['-c:a', 'libopus'] });
    const bytes = readFileSync(file);
    bytes.fill(0, bytes.indexOf('OpusHead'), bytes.indexOf('OpusHead') + 19);
    writeFileSync(file, bytes);
    return file;
  }
  async function soundWithCover(name: string): Promise<string> {
    await ffmpeg(
      ...argv`
        -f lavfi -i sine=duration=1 -f lavfi -i testsrc2=size=64x64:duration=0.04 -map 0 -map 1 -c:v mjpeg
        -pix_fmt yuvj420p -disposition:v attached_pic ${inFolder(name)}
      `,
    );
    return inFolder(name);
  }
});

describe('what would fill the memory', () => {
  const picture = (): string => promisedPng(inFolder('large.png'), 16_000, 16_000);

  it('a cover of 16000x16000 is not decoded, and the video beside it is read', async () => {
    await ffmpeg(
      ...argv`
        -i ${clip} -attach ${picture()} -metadata:s:t mimetype=image/png -metadata:s:t filename=large.png -c copy
        ${inFolder('largeCover.mkv')}
      `,
    );
    expect((await probeSource(inFolder('largeCover.mkv'))).video).toMatchObject({ width: 160, height: 120 });
    const { stdout } = await execa(
      'ffprobe',
      argv`-v error -show_entries stream=codec_name,width -of csv=p=0 ${sourceInput(inFolder('largeCover.mkv'))}`,
    );
    expect(stdout.split('\n').at(-1)).toBe('png,0');
  });

  it('more frames than bytes are refused', async () => {
    const bytes = readFileSync(clip);
    // The first entry of the table of durations: so many samples.
    bytes.writeUInt32BE(20_000_000, bytes.indexOf('stts') + 12);
    writeFileSync(inFolder('million.mp4'), bytes);
    expect(await refusal(inFolder('million.mp4'))).toMatch(
      /million\.mp4 promises 20000000 frames in its header, and holds \d+ bytes/,
    );
  });

  it('many tracks of large pictures are refused', async () => {
    await ffmpeg(...argv`-i ${picture()} -i ${clip} -map 1:v -map 0 -map 0 -map 0 -c copy ${inFolder('tracks.mkv')}`);
    expect(await refusal(inFolder('tracks.mkv'))).toMatch(/tracks\.mkv holds pictures of 768 million pixels/);
  });
});

describe('names', () => {
  it.each([
    'with space.mp4',
    '-dash.mp4',
    `it's "quoted".mp4`,
    'two\nlines.mp4',
    'c:olon.mp4',
    'per%03dcent.mp4',
    'http:nothing.mp4',
    'ünï.mp4',
    '[x];,=\\.mp4',
  ])('may be %j', async (name) => {
    mkdirSync(inFolder('names'), { recursive: true });
    copyFileSync(clip, path.join(folder, 'names', name));
    const { video } = await probeSource(path.join(folder, 'names', name));
    expect([video.width, video.height]).toEqual([160, 120]);
  });
});

describe('what is read', () => {
  it('streams, rate and promised frames', async () => {
    const info = await probeSource(clip);
    expect(info.format).toContain('mp4');
    expect(info.durationSeconds).toBeCloseTo(1, 1);
    expect(info.video).toMatchObject({
      index: 0,
      codec: 'h264',
      pixelFormat: 'yuv420p',
      bitDepth: 8,
      promisedFrames: 25,
      frameRate: { num: 25, den: 1 },
      sampleAspectRatio: { num: 1, den: 1 },
      color: { matrix: 'bt601', range: 'limited', chromaLocation: 'left', tags: {} },
    });
    expect(info.audio).toMatchObject([{ index: 1, codec: 'aac', channels: 1, sampleRate: 44100 }]);
  });

  it('the stream that is marked as default, not the first', async () => {
    const file = inFolder('two.mkv');
    await ffmpeg(
      ...argv`
        -f lavfi -i testsrc2=size=64x64:duration=0.2 -f lavfi -i testsrc2=size=96x64:duration=0.2 -map 0 -map 1
        -disposition:v:0 0 -disposition:v:1 default ${file}
      `,
    );
    expect((await probeSource(file)).video).toMatchObject({ index: 1, width: 96 });
  });

  it('upright sizes and aspect ratio of a turned picture', async () => {
    const plain = inFolder('anamorphic.mp4');
    const turned = inFolder('turned.mp4');
    await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=160x96:duration=0.2', '-vf', 'setsar=64/45', plain);
    turn(plain, turned);
    expect((await probeSource(plain)).video).toMatchObject({
      width: 160,
      height: 96,
      sampleAspectRatio: { num: 64, den: 45 },
    });
    expect((await probeSource(turned)).video).toMatchObject({
      width: 96,
      height: 160,
      sampleAspectRatio: { num: 45, den: 64 },
    });
  });

  it.each([
    ['opaque', '255', undefined],
    ['holes', '255*gt(X,N*5)', true],
  ])('a GIF of %s pictures is transparent only where something shows through', async (name, alpha, is) => {
    const file = inFolder(`${name}.gif`);
    await ffmpeg(
      ...argv`-f lavfi -i testsrc2=size=64x48:duration=0.4`,
      '-vf',
      `format=rgba,geq=r='r(X,Y)':g='g(X,Y)':b='b(X,Y)':a='${alpha}',split[a][b];[a]palettegen[p];[b][p]paletteuse`,
      file,
    );
    expect((await probeSource(file)).video.alpha).toBe(is);
  });

  it.each(['mjpeg', 'mjpg'])('a raw stream of JPEGs by its name, .%s', async (name) => {
    const file = inFolder(`raw.${name}`);
    await ffmpeg(...argv`-f lavfi -i testsrc2=size=64x48:rate=25:duration=0.4 -c:v mjpeg -f mjpeg ${file}`);
    const { scan } = await scanSource(file, await probeSource(file));
    expect(scan).toMatchObject({ packets: 10, seekable: false, info: { video: { frameRate: { num: 25, den: 1 } } } });
    expect(pictureNotices(scan)).toContainEqual(expect.stringContaining('names no rate'));
  });

  it.each([
    ['obu', 'libsvtav1', true],
    ['h264', 'libx264', undefined],
    ['hevc', 'libx265', undefined],
  ])('whether a raw stream says its rate, .%s', async (name, codec, is) => {
    const file = inFolder(`rate.${name}`);
    await ffmpeg(...argv`-f lavfi -i testsrc2=size=64x64:rate=50:duration=0.2 -pix_fmt yuv420p -c:v ${codec} ${file}`);
    const { scan } = await scanSource(file, await probeSource(file));
    expect(scan.rateAssumed).toBe(is);
  });

  it('a single JPEG is no video', async () => {
    await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=64x48:duration=0.04', inFolder('one.jpg'));
    expect(await refusal(inFolder('one.jpg'))).toContain('is not a video');
  });

  it('transparency, which the report then speaks of', async () => {
    for (const [format, alpha] of [
      ['yuva420p', true],
      ['yuv420p', undefined],
    ] as const) {
      const file = inFolder(`${format}.mkv`);
      await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=size=64x48:duration=0.1', '-c:v', 'ffv1', '-pix_fmt', format, file);
      const info = await probeSource(file);
      expect(info.video.alpha).toBe(alpha);
      expect(pictureNotices({ info, packets: 3, seekable: true, runIn: 0 })).toEqual(
        alpha ? [expect.stringContaining('the source has transparency, which is dropped')] : [],
      );
    }
  });

  it.skipIf(!hasSharedMedia)('transparency that only a tag tells of', async () => {
    expect((await probeSource(sharedFile('clips/odd/alpha-vp9-vorbis.webm'))).video.alpha).toBe(true);
  });

  it.each([
    [['-s', '1280x720'], { matrix: 'bt709', range: 'limited' }],
    [
      ['-s', '160x120', '-vf', 'setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709'],
      { matrix: 'bt709', tags: { matrix: 'bt709', primaries: 'bt709', transfer: 'bt709' } },
    ],
    [['-s', '160x120', '-pix_fmt', 'yuvj420p'], { matrix: 'bt601', range: 'full' }],
    [['-c:v', 'libx264rgb', '-s', '160x120', '-pix_fmt', 'rgb24'], { matrix: 'rgb', range: 'full' }],
  ])('colours of %j', async (args, color) => {
    const file = inFolder('color.mp4');
    await ffmpeg('-f', 'lavfi', '-i', 'testsrc2=duration=0.1', ...args, file);
    expect((await probeSource(file)).video.color).toMatchObject(color);
  });
});

describe.skipIf(!hasSharedMedia)('real clips', () => {
  const videos: Record<string, string> = {
    'cartoon/bbb-320x180-vp9-10s.webm': 'vp9 320x180 1:1 30/1 bt601 limited',
    'cartoon/bbb-720p24-vp8-vorbis-30s.webm': 'vp8 1280x720 1:1 24/1 bt709 limited',
    'cartoon/bbb-800x640-sar64x45-bpyramid-4s.mp4': 'h264 800x640 64:45 30/1 bt709 limited',
    // It is 12.5. ffmpeg 7 takes the rate of its fields for it, since that is what it assumes of raw streams which say
    // nothing.
    'corrupt/H264_bad_decoding.264': 'h264 352x288 1:1 25/[12] bt601 limited',
    'corrupt/corrupted-720p.mp4': 'h264 1280x720 1:1 10/1 bt709 limited',
    'corrupt/no-initial-keyframe.ts': 'h264 640x352 44:45 30000/1001 bt601 limited',
    'corrupt/ogv-bug498380.ogv': 'theora 320x240 1:1 30000299/1000000 bt601 limited',
    'corrupt/truncated-mdat-100000bytes.mp4': 'h264 1920x1080 1:1 745000/35229 bt709 limited',
    'hdr/bt709-full-range-720p.mp4': 'h264 1280x720 1:1 30/1 bt709 full',
    'hdr/hdr10-av1-720x1280-aac-4s.mp4': 'av1 720x1280 1:1 30000/1001 bt2020nc limited',
    'hdr/hlg10-hevc-1080p.mp4': 'hevc 1920x1080 1:1 90000/3001 bt2020nc limited',
    'interlaced/dvb-sd-576-mpeg2-sar64x45-mp2-3s.ts': 'mpeg2video 720x576 64:45 25/1 bt601 limited',
    'odd/-video-with-dash-.mp4': 'h264 1x1 1:1 1/1 bt601 limited',
    'odd/odd-size-161x121-vp9.webm': 'vp9 161x121 1:1 2997/100 bt601 limited',
    'timing/decord-rot90.mov': 'h264 320x568 1:1 30/1 bt709 limited',
    'timing/rotate-and-reflect.mp4': 'h264 720x1080 1:1 30000/1001 bt709 limited',
    'timing/fire2-720p-vfr-rot180-aac.mp4': 'h264 1280x720 1:1 750000/71393 bt709 limited',
    'tracks/srt-subs.mkv': 'h264 1080x720 1:1 60/1 bt709 limited',
    'tracks/nasa_13013-2video-2audio-2subs.mp4': 'h264 320x180 1:1 25/1 bt709 limited',
  };
  it.each(Object.entries(videos))('%s is read', async (name, expected) => {
    const { video: v } = await probeSource(sharedFile(`clips/${name}`));
    const { num, den } = v.sampleAspectRatio;
    expect(
      `${v.codec} ${v.width}x${v.height} ${num}:${den} ` +
        `${v.frameRate.num}/${v.frameRate.den} ${v.color.matrix} ${v.color.range}`,
    ).toMatch(new RegExp(`^${expected}$`));
  });

  const refused: Record<string, string> = {
    'corrupt/0-timescale.mp4': 'cannot be decoded from the start',
    'corrupt/bug1079747-512bytes.mp4': 'is not a video that can be read',
    'corrupt/fragmented-uuid.mp4': 'cannot be decoded from the start',
    'corrupt/invalid-bitstream-vp9.webm': 'cannot be decoded from the start',
    'corrupt/mopt-0.mp4': 'has no video, only sound',
    'corrupt/new-broken.avi': 'is not a video that can be read',
    'corrupt/ogv-bogus.ogv': 'is not a video that can be read',
    'corrupt/short-cenc-encrypted.mp4': 'cannot be decoded from the start',
    'corrupt/zero-bytes.webm': 'is empty',
    'tracks/audio-only-2x-aac51.mp4': 'has no video, only sound',
  };
  it.each(Object.entries(refused))('%s is refused', async (name, says) => {
    expect(await refusal(sharedFile(`clips/${name}`))).toContain(says);
  });

  it('a codec for which this ffmpeg has no decoder is refused', async ({ skip }) => {
    if (await hasDecoder('vvc')) skip();
    expect(await refusal(sharedFile('clips/odd/vvc-no-decoder.mp4'))).toContain('no decoder');
  });
});
