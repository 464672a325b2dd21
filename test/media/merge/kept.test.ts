import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { argv } from '../../../src/lib/argv.js';
import {
  ffmpeg,
  hasSharedMedia,
  makeClip,
  promisedPng,
  scratchFolder,
  sharedClips,
  sharedFile,
} from '../../support/media.js';
import { decodedPts, delivered, frameDigests, lastDuration, streams } from '../encodeSupport.js';
import { expectKept, summary } from '../keptSupport.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);

describe.skipIf(!hasSharedMedia)('what a real clip holds is kept, converted or named', () => {
  const ac3 = 'audio track 1 of 1 (ac3) is converted to AAC at 96 kbit/s';
  const second = 'video stream 2 of 2 (h264, eng) is left out: only the one that players show is upscaled';
  const clips: Record<string, Record<'mp4' | 'mkv', [tracks: string, ...warnings: string[]]>> = {
    'ass-subs.mkv': {
      mp4: [
        'video h264 made, audio aac made, subtitle mov_text made',
        ac3,
        'subtitle 1 of 1 (ass) becomes plain text: its styles and positions are lost; -o NAME.mkv keeps them',
      ],
      mkv: ['video h264 made, audio ac3, subtitle ass'],
    },
    'chapters2-320x240.mkv': { mp4: ['video h264 made, audio aac'], mkv: ['video h264 made, audio aac'] },
    'nasa_13013-2video-2audio-2subs.mp4': {
      mp4: ['video h264 made, audio aac, audio aac, subtitle mov_text, subtitle mov_text', second],
      mkv: ['video h264 made, audio aac, audio aac, subtitle subrip made, subtitle subrip made', second],
    },
    'pgs-subs.mkv': {
      mp4: [
        'video h264 made, audio aac made',
        ac3,
        'subtitle 1 of 1 (hdmv_pgs_subtitle, eng) is left out: ' +
          'its lines are pictures, which MP4 cannot hold; -o NAME.mkv keeps it',
      ],
      mkv: ['video h264 made, audio ac3, subtitle hdmv_pgs_subtitle'],
    },
    'srt-subs.mkv': {
      mp4: ['video h264 made, audio aac made, subtitle mov_text made', ac3],
      mkv: ['video h264 made, audio ac3, subtitle subrip'],
    },
  };

  it('for every clip that is there', () => {
    const known = [...Object.keys(clips), 'audio-only-2x-aac51.mp4'];
    expect(
      sharedClips('tracks')
        .map((file) => path.basename(file))
        .sort(),
    ).toEqual(known.sort());
  });

  it.each(
    Object.entries(clips).flatMap(
      ([name, wanted]) =>
        [
          [name, 'mp4', wanted.mp4],
          [name, 'mkv', wanted.mkv],
        ] as const,
    ),
  )('%s as %s', async (name, container, [tracks, ...warnings]) => {
    const output = at(`${name}.${container}`);
    const result = await delivered(sharedFile(`clips/tracks/${name}`), output, { scale: 1 });
    expect(summary(result)).toBe(tracks);
    expect(result.warnings).toEqual(warnings);
    await expectKept(output, result);
    expect(await frameDigests(output)).toEqual(await frameDigests(`${output}.video.mp4`));
  });

  it('a clip without a video is refused', async () => {
    await expect(delivered(sharedFile('clips/tracks/audio-only-2x-aac51.mp4'), at('none.mp4'))).rejects.toThrow(
      'has no video, only sound',
    );
  });
});

describe('a file with everything', () => {
  const full = at('full.mkv');
  beforeAll(async () => {
    await makeClip(at('bare.mkv'), {
      seconds: 2,
      rate: '24000/1001',
      size: '64x48',
      audioTracks: 2,
      audio: ['-c:a:0', 'aac', '-c:a:1', 'libopus'],
    });
    await ffmpeg('-f', 'lavfi', '-i', 'color=red:size=32x32', '-frames:v', '1', at('cover.png'));
    await execa('ffmpeg', ['-v', 'error', '-f', 'srt', '-i', 'pipe:0', at('lines.ass')], {
      input: '1\n00:00:00,200 --> 00:00:00,900\nHello <i>there</i>\n\n2\n00:00:01,000 --> 00:00:01,500\nBye\n',
    });
    const chapters =
      ';FFMETADATA1\ntitle=The Film\nartist=Somebody\ndate=1999-03-02\ncomment=two; words = here\nDIRECTOR=Nobody\n' +
      '[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=503\ntitle=Önce\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=517\nEND=1777\n';
    await execa(
      'ffmpeg',
      argv`
        -v error -i ${at('bare.mkv')} -i ${at('lines.ass')} -f ffmetadata -i pipe:0 -map 0 -map 1 -map 1
        -map_metadata 2 -map_chapters 2 -c copy -c:s:1 srt -attach ${at('lines.ass')}
        -metadata:s:t:0 mimetype=application/x-truetype-font -metadata:s:t:0 ${'filename=Some Font.ttf'}
        -attach ${at('cover.png')} -metadata:s:t:1 mimetype=image/png -metadata:s:t:1 filename=cover.png
        -metadata:s:a:1 language=deu -metadata:s:a:1 ${'title=Kommentar: "a=b"'} -metadata:s:s:1 language=fre
        -disposition:a:0 default+original -disposition:a:1 comment -disposition:s:0 0 -disposition:s:1 default+forced
        ${full}
      `,
      { input: chapters },
    );
  });

  it('keeps it all in MKV', async () => {
    const result = await delivered(full, at('out.mkv'), { scale: 1 });
    expect(result.warnings).toEqual([]);
    expect(result.contents).toMatchObject({
      tracks: [
        { kind: 'video', codec: 'h264' },
        { kind: 'audio', codec: 'aac', copied: true, dispositions: ['default', 'original'] },
        {
          kind: 'audio',
          codec: 'opus',
          copied: true,
          language: 'deu',
          title: 'Kommentar: "a=b"',
          dispositions: ['comment'],
        },
        { kind: 'subtitle', codec: 'ass', dispositions: [] },
        { kind: 'subtitle', codec: 'subrip', language: 'fre', dispositions: ['default', 'forced'] },
        { kind: 'attachment', codec: 'ttf', title: 'Some Font.ttf' },
        { kind: 'cover', codec: 'png', title: 'cover.png' },
      ],
      tags: {
        title: 'The Film',
        artist: 'Somebody',
        date: '1999-03-02',
        comment: 'two; words = here',
        director: 'Nobody',
      },
    });
    expect(result.contents.chapters.map(({ title }) => title)).toEqual(['Önce', undefined]);
    await expectKept(at('out.mkv'), result);
    expect(JSON.stringify(await streams(at('out.mkv')))).not.toMatch(/Lavc.*libx264/);
  });

  it('names in MP4 what it cannot hold', async () => {
    const result = await delivered(full, at('out.mp4'), { scale: 1 });
    expect(result.warnings).toEqual([
      'audio track 2 of 2 (opus, deu, "Kommentar: "a=b"") is converted to AAC at 96 kbit/s',
      'subtitle 1 of 2 (ass) becomes plain text: its styles and positions are lost; -o NAME.mkv keeps them',
      '1 attachment is left out (Some Font.ttf): MP4 has no place for files; -o NAME.mkv keeps them',
      'tags are left out (director): MP4 has no place for them; -o NAME.mkv keeps them',
      'audio track 1 of 2 (aac) is marked original, which MP4 cannot say',
      'audio track 2 of 2 (opus, deu, "Kommentar: "a=b"") is marked comment, which MP4 cannot say',
    ]);
    expect(summary(result)).toBe(
      'video h264 made, audio aac, audio aac made, subtitle mov_text made, subtitle mov_text made, cover png',
    );
    expect(result.contents.chapters.map(({ title }) => title)).toEqual(['Önce', 'Chapter 2']);
    await expectKept(at('out.mp4'), result);
    const lines = await execa('ffmpeg', ['-v', 'error', '-i', at('out.mp4'), '-map', '0:s:1', '-f', 'srt', '-']);
    expect(lines.stdout).toMatch(/00:00:00,200 --> 00:00:00,900\s+(<[^>]+>)*Hello <i>there/);
  });

  it('comes back from MKV as it went there', async () => {
    const again = await delivered(at('out.mkv'), at('again.mkv'), { scale: 1 });
    expect(again.warnings).toEqual([]);
    await expectKept(at('again.mkv'), again);
  });
});

it('a cover that is too large to be decoded is kept in MKV, and named in MP4', async () => {
  promisedPng(at('large.png'), 16_000, 16_000);
  await makeClip(at('bareLarge.mkv'), { seconds: 0.2, size: '64x48', audioTracks: 0 });
  await ffmpeg(
    ...argv`
      -i ${at('bareLarge.mkv')} -c copy -attach ${at('large.png')} -metadata:s:t:0 mimetype=image/png
      -metadata:s:t:0 filename=large.png ${at('large.mkv')}
    `,
  );
  const kept = await delivered(at('large.mkv'), at('largeKept.mkv'), { scale: 1 });
  expect(kept.warnings).toEqual([]);
  await expectKept(at('largeKept.mkv'), kept);
  expect((await delivered(at('large.mkv'), at('largeLeft.mp4'), { scale: 1 })).warnings).toEqual([
    'cover 1 of 1 (png, "large.png") is left out: it is damaged or larger than 4096x4096; -o NAME.mkv keeps it',
  ]);
});

describe('MKV', () => {
  it('holds the exact rate beside its milliseconds, shape and colours', async () => {
    await ffmpeg(
      ...argv`
        -f lavfi -i testsrc2=size=720x576:rate=24000/1001:duration=2
        -vf setsar=64/45,format=yuv420p,setparams=range=pc:color_primaries=bt470bg:color_trc=bt470bg:colorspace=bt470bg
        -c:v libx264 -preset ultrafast ${at('pal.mp4')}
      `,
    );
    const { source } = await delivered(at('pal.mp4'), at('pal.mkv'), { scale: 1 });
    expect(await streams(at('pal.mkv'))).toMatchObject([
      {
        avg_frame_rate: '24000/1001',
        r_frame_rate: '24000/1001',
        sample_aspect_ratio: '64:45',
        color_primaries: 'bt470bg',
        color_space: 'bt470bg',
        color_range: 'pc',
        chroma_location: 'left',
      },
    ]);
    expect(await decodedPts(at('pal.mkv'))).toEqual([...source.pts].map((_, i) => Math.round((i * 1001) / 24)));
  });

  it('keeps a variable rate', async () => {
    await ffmpeg(
      ...argv`
        -f lavfi -i testsrc2=size=64x48:rate=25:duration=2 -vf setpts='PTS+floor(N/3)*0.011/TB' -fps_mode passthrough
        -enc_time_base 1:90000 -c:v libx264 ${at('vfr.mp4')}
      `,
    );
    const { source } = await delivered(at('vfr.mp4'), at('vfr.mkv'));
    const { num, den } = source.info.video.timebase;
    const first = source.pts[0] as number;
    const wanted = [...source.pts].map((pts) => Math.round(((pts - first) * num * 1000) / den));
    expect(await decodedPts(at('vfr.mkv'))).toEqual(wanted);
    const end = (wanted.at(-1) as number) + Math.round((lastDuration(source) * num * 1000) / den);
    expect((await streams(at('vfr.mkv')))[0]?.tags?.['DURATION']).toBe(`00:00:0${(end / 1000).toFixed(3)}000000`);
  });
});

it('a timecode track is named when it is left out', async () => {
  await ffmpeg(
    ...argv`
      -f lavfi -i testsrc2=size=64x48:rate=25:duration=1 -c:v libx264 -pix_fmt yuv420p -timecode 01:00:00:00
      ${at('timecode.mov')}
    `,
  );
  const result = await delivered(at('timecode.mov'), at('timecode.mp4'));
  expect(result.warnings).toEqual(['data stream 1 of 1 (timecode from 01:00:00:00) is left out']);
  await expectKept(at('timecode.mp4'), result);
});
