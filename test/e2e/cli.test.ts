import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import type { JobReport } from '../../src/job/contracts.js';
import { argv } from '../../src/lib/argv.js';
import { Cli, decodedFrames } from '../support/cli.js';
import { ffmpeg, makeClip, turn } from '../support/media.js';
import { tinyModel } from '../support/models.js';

const cli = new Cli({ REELSCALE_HEARTBEAT_SECONDS: '20' });
const clip = cli.file('clip.mp4');
const FRAMES = 50;

beforeAll(async () => {
  await makeClip(clip, { seconds: FRAMES / 25, audioTracks: 2 });
});

interface Stream {
  codec_type: string;
  codec_name: string;
  width?: number;
  height?: number;
  pix_fmt?: string;
  duration: string;
  nb_read_packets: string;
}

async function streamsOf(file: string): Promise<Stream[]> {
  const { stdout } = await execa('ffprobe', argv`-v error -count_packets -show_streams -of json file:${file}`);
  return (JSON.parse(stdout) as { streams: Stream[] }).streams;
}

async function times(file: string): Promise<number[]> {
  const { stdout } = await execa(
    'ffprobe',
    argv`-v error -select_streams v:0 -show_entries frame=pts_time -of csv=p=0 file:${file}`,
  );
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => parseFloat(line));
}

/**
 * Luma PSNR in dB of a file against another one that goes through a filter first; both have the same number of frames.
 */
async function psnr(file: string, other: string, filter: string): Promise<number> {
  const graph = `[0:v]settb=1/25,setpts=N[a];[1:v]${filter},settb=1/25,setpts=N[b];[a][b]psnr`;
  const { stderr } = await execa(
    'ffmpeg',
    argv`-hide_banner -nostdin -i ${file} -i ${other} -filter_complex ${graph} -f null -`,
  );
  const found = /PSNR y:(\S+)/.exec(stderr)?.[1];
  return found === 'inf' ? Infinity : Number(found);
}

/** Names of an MP4's boxes at the top, in order. */
function boxes(file: string): string[] {
  const bytes = readFileSync(file);
  const names: string[] = [];
  for (let at = 0; at + 8 <= bytes.length; at += bytes.readUInt32BE(at))
    names.push(bytes.toString('latin1', at + 4, at + 8));
  return names;
}

const upscale = (...args: string[]) => cli.json<JobReport>('upscale', ...args);

describe('the main job', () => {
  it('delivers every frame and every audio track, larger and playable', async () => {
    const before = statSync(clip);
    const { code, value, stderr } = await upscale('clip.mp4', '--preset', 'preview', '--crf', '12');
    expect(code, stderr).toBe(0);
    const output = cli.file('clip.x4.mp4');
    expect(value).toMatchObject({
      status: 'done',
      output,
      frames: FRAMES,
      inferredFrames: 0,
      reusedFrames: 0,
      warnings: [],
    });
    expect(value.job).toMatch(/^[0-9a-f]{8}$/);
    expect(value.seconds).toBeGreaterThan(0);
    expect(value.fps).toBeCloseTo(FRAMES / value.seconds, 1);
    expect(value.bytes).toBe(statSync(output).size);
    expect(value).not.toHaveProperty('damaged');

    const [video, ...audio] = await streamsOf(output);
    expect(video).toMatchObject({ codec_name: 'h264', width: 640, height: 480, pix_fmt: 'yuv420p' });
    expect(await decodedFrames(output)).toBe(FRAMES);
    const sourceAudio = (await streamsOf(clip)).filter(({ codec_type }) => codec_type === 'audio');
    expect(audio.map(({ codec_name, nb_read_packets }) => [codec_name, nb_read_packets])).toEqual(
      sourceAudio.map(({ codec_name, nb_read_packets }) => [codec_name, nb_read_packets]),
    );
    expect(audio).toHaveLength(2);
    expect(boxes(output).indexOf('moov')).toBeLessThan(boxes(output).indexOf('mdat'));
    expect(await times(output)).toEqual(await times(clip));
    expect(await psnr(output, clip, 'scale=640:480:flags=bicubic')).toBeGreaterThan(38);

    expect(statSync(clip)).toMatchObject({ size: before.size, mtimeMs: before.mtimeMs });
    expect(readdirSync(cli.folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('is not done twice', async () => {
    const output = cli.file('clip.x4.mp4');
    const { mtimeMs, ino } = statSync(output);
    const again = ['clip.mp4', '--preset', 'preview', '--crf', '12'];
    const { code, stdout } = await cli.run('upscale', ...again);
    expect(stdout).toMatch(/^job [0-9a-f]{8} was finished before: .*clip\.x4\.mp4$/);
    expect(code).toBe(0);
    expect((await upscale(...again)).value).toMatchObject({
      status: 'done',
      output,
      frames: FRAMES,
      inferredFrames: 0,
      reusedFrames: FRAMES,
    });
    expect(statSync(output)).toMatchObject({ mtimeMs, ino });
  });

  it('is done again when its output is gone, and replaces it only when told to', async () => {
    const output = cli.file('again.mp4');
    const args = ['clip.mp4', '--preset', 'preview', '-s', '1', '-o', output];
    const first = await upscale(...args);
    writeFileSync(output, 'changed by somebody');
    const refused = await cli.run('upscale', ...args);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/again\.mp4 exists already/);
    const replaced = await upscale(...args, '--overwrite');
    expect(replaced.code, replaced.stderr).toBe(0);
    expect(replaced.value.sha256).toBe(first.value.sha256);
    expect(await decodedFrames(output)).toBe(FRAMES);
  });

  it('gives exactly what the network makes of every frame', async () => {
    await tinyModel(cli.file('x3.onnx'), { scale: 3 });
    // Grey, so that no colour that RGB cannot hold is in the way.
    const grey = cli.file('grey.mp4');
    await ffmpeg(
      ...argv`
        -f lavfi -i testsrc2=size=96x64:rate=25:duration=1 -vf hue=s=0 -c:v libx264 -crf 12 -pix_fmt yuv420p ${grey}
      `,
    );
    const { code, value, stderr } = await upscale(
      grey,
      ...argv`-m x3.onnx --crf 1 --segment-frames 10 --checkpoint-frames 4 -o grey3.mp4`,
    );
    expect(code, stderr).toBe(0);
    expect(value).toMatchObject({ frames: 25, inferredFrames: 25, reusedFrames: 0 });
    expect(await psnr(cli.file('grey3.mp4'), grey, 'scale=288:192:flags=neighbor')).toBeGreaterThan(48);
  });

  it('keeps the upscaled frames when told to, and encodes them again without the network', async () => {
    const args = ['grey.mp4', '-m', 'x3.onnx', '--segment-frames', '10', '--keep-mezzanine'];
    const first = await upscale(...args, '-o', 'kept.mp4', '--crf', '20');
    expect(first.code, first.stderr).toBe(0);
    const kept = readdirSync(`${cli.home}/jobs/upscaled`, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.nut'),
    );
    expect(kept.length).toBeGreaterThanOrEqual(3);
    const second = await upscale(...args, '-o', 'smaller.mp4', '--crf', '35');
    expect(second.value).toMatchObject({ frames: 25, inferredFrames: 0, reusedFrames: 25 });
    expect(second.value.bytes).toBeLessThan(first.value.bytes);
    expect(await decodedFrames(cli.file('smaller.mp4'))).toBe(25);
  });
});

describe('a Matroska file as the result', () => {
  it('holds what the source has beside its pictures, and passes its check', async () => {
    const source = cli.file('full.mkv');
    writeFileSync(cli.file('lines.srt'), '1\n00:00:00,200 --> 00:00:00,900\nHello\n');
    await ffmpeg(
      ...argv`
        -i ${clip} -i ${cli.file('lines.srt')} -map 0 -map 1 -c:v copy -c:a:0 flac -c:a:1 libvorbis -c:s copy
        -metadata:s:s:0 language=deu ${source}
      `,
    );
    const { code, value, stderr } = await upscale('full.mkv', '--preset', 'preview', '-s', '2', '-o', 'full2.mkv');
    expect(code, stderr).toBe(0);
    expect(value.warnings).toEqual([]);
    expect((await streamsOf(cli.file('full2.mkv'))).map(({ codec_name }) => codec_name)).toEqual([
      'h264',
      'flac',
      'vorbis',
      'subrip',
    ]);
    expect(await decodedFrames(cli.file('full2.mkv'))).toBe(FRAMES);
    expect(readdirSync(cli.folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('is what --audio copy advises where MP4 cannot hold the sound', async () => {
    const { code, stderr } = await cli.run('upscale', 'full.mkv', '--preset', 'preview', '--audio', 'copy');
    expect(code).toBe(2);
    expect(stderr.trim()).toBe(
      'reelscale: --audio copy: MP4 cannot hold audio track 2 (vorbis) as it is: ' +
        'choose -o NAME.mkv, or leave out --audio copy to have it converted',
    );
  });
});

describe('a source', () => {
  it('of variable rate keeps its timestamps', async () => {
    const vfr = cli.file('vfr.mp4');
    await ffmpeg(
      ...argv`
        -f lavfi -i testsrc2=size=96x64:rate=30:duration=2
        -vf ${"select='not(eq(mod(n\\,7)\\,3))*lt(mod(n\\,20)\\,14)'"} -fps_mode passthrough -c:v libx264
        -pix_fmt yuv420p ${vfr}
      `,
    );
    const { code, stderr } = await upscale(vfr, '--preset', 'preview', '-s', '2', '-o', 'vfr2.mp4');
    expect(code, stderr).toBe(0);
    const wanted = await times(vfr);
    const steps = new Set(wanted.slice(1).map((time, i) => Math.round((time - (wanted[i] as number)) * 1000)));
    expect(steps.size).toBeGreaterThan(2);
    const got = await times(cli.file('vfr2.mp4'));
    expect(got).toHaveLength(wanted.length);
    got.forEach((time, i) => {
      expect(time).toBeCloseTo(wanted[i] as number, 5);
    });
  });

  it.each([
    ['a transport stream', 'clip.ts', ['-c', 'copy', '-map', '0']],
    ['a Matroska file', 'clip.mkv', ['-c', 'copy', '-map', '0']],
    ['an AVI', 'clip.avi', ['-c:v', 'mpeg4', '-q:v', '3', '-c:a', 'mp3', '-map', '0']],
  ])('in %s is upscaled with all of its frames and sound', async (_, name, args) => {
    await ffmpeg('-i', clip, ...args, cli.file(name));
    const output = cli.file(`${name}.mp4`);
    const { code, value, stderr } = await upscale(name, '--preset', 'preview', '-s', '2', '-o', output);
    expect(code, stderr).toBe(0);
    expect(value.frames).toBe(FRAMES);
    expect(await decodedFrames(output)).toBe(FRAMES);
    const [video, ...audio] = await streamsOf(output);
    expect(video).toMatchObject({ width: 320, height: 240 });
    expect(audio).toHaveLength(2);
    expect(await psnr(output, cli.file(name), 'scale=320:240:flags=bicubic')).toBeGreaterThan(30);
  });

  it('that is marked as rotated comes out upright', async () => {
    const turned = cli.file('turned.mp4');
    turn(clip, turned);
    const { code, stderr } = await upscale(turned, '--preset', 'preview', '-s', '2', '-o', 'upright.mp4');
    expect(code, stderr).toBe(0);
    const upright = cli.file('upright.mp4');
    const [video] = await streamsOf(upright);
    expect(video).toMatchObject({ width: 240, height: 320 });
    expect(JSON.stringify(video)).not.toMatch(/Display Matrix/);
    // The other file is turned by ffmpeg itself as it is decoded.
    expect(await psnr(upright, turned, 'scale=240:320:flags=bicubic')).toBeGreaterThan(30);
  });
});
