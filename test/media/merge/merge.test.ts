import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { argv } from '../../../src/lib/argv.js';
import { type MergeResult, mergeAudio } from '../../../src/media/merge/merge.js';
import { ffmpeg, hasSharedMedia, makeClip, scratchFolder, sharedFile } from '../../support/media.js';
import {
  decodedPts,
  delivered,
  frameDigests,
  frameSource,
  lastDuration,
  type Stream,
  streams,
  upscaledVideo,
} from '../encodeSupport.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);

/** Upscales and merges a clip. */
async function deliver(file: string, output: string, scale = 2): Promise<MergeResult> {
  const { warnings, contents } = await delivered(file, output, { scale });
  return { warnings, contents };
}

const audioOf = async (file: string): Promise<Stream[]> =>
  (await streams(file)).filter((s) => s.codec_type === 'audio');

/** Seconds from the white frame to the click, on decoded media. */
async function clickAfterFlash(file: string): Promise<number> {
  const stats = 'signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-';
  const video = await execa(
    'ffmpeg',
    argv`-v error -copyts -i ${file} -map 0:v -fps_mode passthrough -vf ${stats} -f null -`,
  );
  const flash = /pts_time:(\S+)\s+lavfi\.signalstats\.YAVG=(?:1[5-9]\d|2\d\d)/.exec(video.stdout)?.[1];
  const frames = await execa(
    'ffprobe',
    argv`-v error -select_streams a:0 -show_entries frame=pts_time -of csv=p=0 ${file}`,
  );
  const samples = await execa(
    'ffmpeg',
    ['-v', 'error', '-i', file, '-map', '0:a:0', '-ac', '1', '-ar', '48000', '-f', 's16le', '-'],
    { encoding: 'buffer' },
  );
  const pcm = new Int16Array(Uint8Array.from(samples.stdout).buffer);
  const click = pcm.reduce((best, value, i) => (Math.abs(value) > Math.abs(pcm[best] as number) ? i : best), 0);
  return parseFloat(frames.stdout) + click / 48000 - Number(flash);
}

describe('sound and picture', () => {
  /** A white frame at 1.2 s and a click at 1.2 s, of a clip whose sound is then shifted. */
  async function impulse(name: string, audioOffset: number, audio: string[]): Promise<string> {
    const shift = (offset: number): string[] => (offset > 0 ? ['-itsoffset', String(offset)] : []);
    await ffmpeg(
      ...argv`
        ${shift(-audioOffset)} -f lavfi
        -i color=black:size=64x48:rate=25:duration=2,drawbox=color=white:t=fill:enable='eq(n,30)'
        ${shift(audioOffset)} -f lavfi -i aevalsrc='if(between(n,57600,57603),0.9,0)':s=48000:d=2 -map 0 -map 1
        -c:v libx264 -preset veryfast -pix_fmt yuv420p ${audio} ${at(name)}
      `,
    );
    return at(name);
  }

  it.each([
    ['mp4 with AAC that starts late', 'late.mp4', 0.1234, ['-c:a', 'aac']],
    ['mp4 with AAC that starts late, as mkv', 'late2.mp4', 0.1234, ['-c:a', 'aac'], 'mkv'],
    ['mkv with Opus, as mkv', 'opus2.mkv', 0.0717, ['-c:a', 'libopus'], 'mkv'],
    ['mp4 with Opus, as mkv', 'opus3.mp4', 0, ['-c:a', 'libopus'], 'mkv'],
    ['ts with MP2, pictures late, as mkv', 'mp22.ts', -0.321, ['-c:a', 'mp2'], 'mkv'],
    ['mp4 with pictures that start late', 'picture-late.mp4', -0.2, ['-c:a', 'aac']],
    ['mp4 with MP3', 'mp3.mp4', 0.05, ['-c:a', 'libmp3lame']],
    ['mkv with AAC', 'aac.mkv', 0.1234, ['-c:a', 'aac']],
    ['mkv with Opus, converted', 'opus.mkv', 0.0717, ['-c:a', 'libopus']],
    ['mkv with FLAC, converted, that starts after the flash', 'flac.mkv', 1.7, ['-c:a', 'flac']],
    ['ts with AAC', 'aac.ts', 0.1234, ['-c:a', 'aac']],
    ['ts with MP2, converted, pictures late', 'mp2.ts', -0.321, ['-c:a', 'mp2']],
  ] as [string, string, number, string[], string?][])(
    'keep their relation: %s',
    async (_, name, offset, audio, container = 'mp4') => {
      const source = await impulse(name, offset, audio);
      const output = at(`${name}.out.${container}`);
      await deliver(source, output);
      const [wanted, got] = [await clickAfterFlash(source), await clickAfterFlash(output)];
      expect(Math.abs(wanted - offset)).toBeLessThan(0.05);
      expect(Math.abs(got - wanted)).toBeLessThan(0.0015);
    },
  );
});

describe('the deliverable', () => {
  it('has every audio track with its language, title and disposition, the chapters and the tags', async () => {
    const clip = await makeClip(at('tracks.mkv'), {
      seconds: 2,
      audioTracks: 3,
      audio: ['-c:a:0', 'aac', '-c:a:1', 'libvorbis', '-c:a:2', 'libmp3lame'],
    });
    const chapters =
      ';FFMETADATA1\ntitle=The Film\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\ntitle=First\n' +
      '[CHAPTER]\nTIMEBASE=1/1000\nSTART=500\nEND=2000\ntitle=Second half\n';
    await execa(
      'ffmpeg',
      argv`
        -v error -i ${clip} -f ffmetadata -i pipe:0 -map 0 -map_metadata 1 -c copy -metadata:s:a:0 language=deu
        -metadata:s:a:1 language=eng -metadata:s:a:1 title=Commentary -metadata:s:v:0 language=jpn -disposition:a:0 0
        -disposition:a:1 default -disposition:a:2 0 ${at('tagged.mkv')}
      `,
      { input: chapters },
    );
    const result = await deliver(at('tagged.mkv'), at('tagged.mp4'));
    const audio = await audioOf(at('tagged.mp4'));
    expect(audio.map((s) => s['codec_name'])).toEqual(['aac', 'aac', 'mp3']);
    expect(audio.map((s) => s.tags?.['language'])).toEqual(['deu', 'eng', 'und']);
    expect(audio.map((s) => (s['disposition'] as { default: number }).default)).toEqual([0, 1, 0]);
    expect(Object.values(audio[1]?.tags ?? {})).toContain('Commentary');
    expect(result.contents.tracks.map(({ kind, copied }) => [kind, copied])).toEqual([
      ['video', false],
      ['audio', true],
      ['audio', false],
      ['audio', true],
    ]);
    expect(result.warnings).toEqual([
      'audio track 2 of 3 (vorbis, eng, "Commentary") is converted to AAC at 96 kbit/s',
    ]);
    const { stdout } = await execa(
      'ffprobe',
      argv`-v error -show_chapters -show_format -show_streams -select_streams v -of json ${at('tagged.mp4')}`,
    );
    expect(JSON.parse(stdout)).toMatchObject({
      streams: [{ tags: { language: 'jpn' } }],
      chapters: [
        { start_time: '0.000000', end_time: '0.500000', tags: { title: 'First' } },
        { start_time: '0.500000', end_time: '2.000000', tags: { title: 'Second half' } },
      ],
      format: { tags: { title: 'The Film' } },
    });
  });

  it('keeps the picture bit for bit, its tag, its shape and its colours', async () => {
    await ffmpeg(
      ...argv`
        -f lavfi -i testsrc2=size=128x96:rate=24000/1001:duration=1
        -vf setsar=16/11,format=yuv420p,setparams=range=pc:color_primaries=bt470bg:color_trc=bt470bg:colorspace=bt470bg
        -c:v libx264 ${at('shape.mp4')}
      `,
    );
    expect(await deliver(at('shape.mp4'), at('shape.out.mp4'))).toMatchObject({
      warnings: [],
      contents: { tracks: [{ kind: 'video' }] },
    });
    expect(await frameDigests(at('shape.out.mp4'))).toEqual(await frameDigests(at('shape.out.mp4.video.mp4')));
    expect(await streams(at('shape.out.mp4'))).toMatchObject([
      {
        codec_tag_string: 'avc1',
        sample_aspect_ratio: '16:11',
        avg_frame_rate: '24000/1001',
        r_frame_rate: '24000/1001',
        color_primaries: 'bt470bg',
        color_transfer: 'bt470bg',
        color_space: 'bt470bg',
        color_range: 'pc',
      },
    ]);
  });

  it('cuts neither pictures nor sound to the shorter of them', async () => {
    await ffmpeg(
      ...argv`
        -f lavfi -i testsrc2=size=64x48:rate=25:duration=1 -f lavfi -i sine=duration=3 -c:v libx264 -pix_fmt yuv420p
        -c:a aac ${at('long.mp4')}
      `,
    );
    await deliver(at('long.mp4'), at('long.out.mp4'));
    const [video, audio] = await streams(at('long.out.mp4'));
    expect(Number(video?.['duration'])).toBe(1);
    expect(Number(audio?.['duration'])).toBeCloseTo(3, 1);
  });

  it('shows the last frame of a variable rate as long as it should be shown', async () => {
    await ffmpeg(
      ...argv`
        -f lavfi -i testsrc2=size=64x48:rate=25:duration=2 -vf setpts='PTS+floor(N/3)*0.011/TB' -fps_mode passthrough
        -enc_time_base 1:1000 -c:v libx264 ${at('vfr.mkv')}
      `,
    );
    const source = await frameSource(at('vfr.mkv'));
    const { reorderSeconds } = await upscaledVideo(source, at('vfr.video.mp4'));
    await mergeAudio({
      video: at('vfr.video.mp4'),
      source: source.file,
      info: source.info,
      container: 'mp4',
      audio: 'auto',
      firstPts: 0,
      reorderSeconds,
      lastDuration: lastDuration(source) / 1000,
      output: at('vfr.out.mp4'),
    });
    const pts = await decodedPts(at('vfr.out.mp4'));
    expect(pts).toEqual([...source.pts].map((ms) => ms * 16));
    expect((await streams(at('vfr.out.mp4')))[0]).toMatchObject({
      duration_ts: (pts.at(-1) as number) + lastDuration(source) * 16,
    });
  });

  it('keeps every time of a clip that is too short for libavformat to see the reordering', async () => {
    await makeClip(at('five.mp4'), {
      seconds: 0.2,
      size: '64x48',
      video: ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p'],
    });
    await deliver(at('five.mp4'), at('five.out.mp4'));
    const [first = 0, ...rest] = await decodedPts(at('five.out.mp4'));
    expect(rest.map((pts) => pts - first)).toEqual([512, 1024, 1536, 2048]);
  });

  it('leaves out a track of an unknown codec and says so', async () => {
    const clip = await makeClip(at('two.mkv'), { audioTracks: 2, audio: ['-c:a', 'libvorbis'] });
    writeFileSync(clip, readFileSync(clip, 'latin1').replace('A_VORBIS', 'A_XXXXXX'), 'latin1');
    const result = await deliver(clip, at('two.out.mp4'));
    expect(result.warnings).toMatchObject([
      'audio track 1 of 2 (unknown codec) is left out: it gives no sound',
      expect.stringContaining('audio track 2 of 2 (vorbis) is converted'),
    ]);
    expect(result.contents.tracks.map((track) => track.source)).toEqual([0, 2]);
    expect(await audioOf(at('two.out.mp4'))).toHaveLength(1);
  });

  it.skipIf(!hasSharedMedia)('is made of a clip whose sound is damaged', async () => {
    await deliver(sharedFile('clips/corrupt/failing-audio.mp4'), at('failing.mp4'), 1);
    expect(await audioOf(at('failing.mp4'))).toMatchObject([{ codec_name: 'mp3' }]);
  });

  it.skipIf(!hasSharedMedia)('has the right one of two videos, both tracks of sound and their language', async () => {
    await deliver(sharedFile('clips/tracks/nasa_13013-2video-2audio-2subs.mp4'), at('nasa.mp4'), 1);
    expect((await streams(at('nasa.mp4'))).map((s) => s.codec_type)).toEqual([
      'video',
      'audio',
      'audio',
      'subtitle',
      'subtitle',
    ]);
    expect((await audioOf(at('nasa.mp4'))).map((s) => s.tags?.['language'])).toEqual(['eng', 'eng']);
  });
});
