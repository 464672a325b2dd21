import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { argv } from '../../../src/lib/argv.js';
import { UserError } from '../../../src/lib/errors.js';
import { levelWarning } from '../../../src/media/encode/level.js';
import { checkContents } from '../../../src/media/merge/checkContents.js';
import { requireCopyable } from '../../../src/media/merge/containers.js';
import type { MergeResult } from '../../../src/media/merge/merge.js';
import { readContents } from '../../../src/media/source/contents.js';
import { editedTracks } from '../../../src/media/source/editLists.js';
import {
  ffmpeg,
  hasSharedMedia,
  makeClip,
  promisedPng,
  scratchFolder,
  sharedClips,
  sharedFile,
} from '../../support/media.js';
import { writeEdits } from '../editLists.js';
import { decodedPts, delivered, frameDigests, lastDuration, streams } from '../encodeSupport.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);
const summary = ({ contents }: MergeResult): string =>
  contents.tracks.map(({ kind, codec, copied }) => `${kind} ${codec}${copied ? '' : ' made'}`).join(', ');

/** Seconds from the first frame to the first sample of each audio track, on decoded media. */
async function offsets(file: string): Promise<number[]> {
  const first = async (stream: string): Promise<number> => {
    const { stdout } = await execa(
      'ffprobe',
      argv`-v error -select_streams ${stream} -read_intervals %+5 -show_entries frame=pts_time -of csv=p=0 ${file}`,
    );
    return parseFloat(stdout);
  };
  const video = await first('v:0');
  const count = (await streams(file)).filter((s) => s.codec_type === 'audio').length;
  return Promise.all(Array.from({ length: count }, async (_, i) => (await first(`a:${i}`)) - video));
}

/** That a file holds what was planned, and that sound begins when it should. */
async function expectKept(file: string, { contents }: MergeResult): Promise<void> {
  expect(checkContents(await readContents(file), contents)).toEqual([]);
  const planned = contents.tracks.flatMap(({ startSeconds }) => (startSeconds === undefined ? [] : [startSeconds]));
  const found = await offsets(file);
  expect(found).toHaveLength(planned.length);
  for (const [i, time] of found.entries()) expect(Math.abs(time - (planned[i] as number))).toBeLessThan(0.001);
}

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

describe('sound that an edit list cuts into pieces', () => {
  /** Clicks at 0.3 and 1.2 s of 2 s. */
  const clicks = at('clicks.mp4');
  beforeAll(async () => {
    await ffmpeg(
      ...argv`
        -f lavfi -i testsrc2=size=64x48:rate=25:duration=2 -f lavfi
        -i aevalsrc='if(between(n,14400,14402)+between(n,57600,57602),0.9,0)':s=48000:d=2 -map 0 -map 1 -c:v libx264
        -pix_fmt yuv420p -c:a aac ${clicks}
      `,
    );
  });

  /** Seconds after the first frame. */
  async function heardClicks(file: string): Promise<number[]> {
    const { stdout } = await execa(
      'ffmpeg',
      ['-v', 'error', '-i', file, '-map', '0:a', '-ac', '1', '-f', 's16le', '-'],
      { encoding: 'buffer' },
    );
    const pcm = new Int16Array(Uint8Array.from(stdout).buffer);
    const [start = 0] = await offsets(file);
    return [...pcm.keys()]
      .filter((i) => Math.abs(pcm[i] as number) > 8000 && Math.abs(pcm[i - 1] ?? 0) <= 8000)
      .map((i) => start + i / 48000);
  }

  it.each([
    [
      'two pieces, a pause before each',
      [
        { duration: 100, start: -1 },
        { duration: 500, start: 1024 },
        { duration: 250, start: -1 },
        { duration: 700, start: 1024 + 48_000 },
      ],
      [0.4, 1.05],
    ],
    [
      'pieces in another order',
      [
        { duration: 500, start: 1024 + 48_000 },
        { duration: 800, start: 1024 },
      ],
      [0.2, 0.8],
    ],
  ] as const)('is heard as it was: %s', async (name, edits, wanted) => {
    for (const extension of ['mp4', 'mkv']) {
      const source = at(`${name}.mp4`);
      const output = at(`${name}.out.${extension}`);
      copyFileSync(clicks, source);
      writeEdits(source, 2, edits);
      const result = await delivered(source, output);
      expect(result.warnings).toHaveLength(1);
      expect(result.warnings[0]).toContain('since its edit list cuts it into pieces');
      const heard = await heardClicks(output);
      expect(heard).toHaveLength(wanted.length);
      for (const [i, time] of heard.entries()) expect(Math.abs(time - (wanted[i] as number))).toBeLessThan(0.001);
    }
  });

  it('is told from sound that is only delayed, trimmed or primed', async () => {
    const delayed = at('delayed.mp4');
    copyFileSync(clicks, delayed);
    writeEdits(delayed, 2, [
      { duration: 250, start: -1 },
      { duration: 1000, start: 1024 },
    ]);
    expect(await editedTracks(delayed)).toEqual(new Map());
    const result = await delivered(delayed, at('delayed.out.mp4'));
    expect(summary(result)).toBe('video h264 made, audio aac');
    await expectKept(at('delayed.out.mp4'), result);
    expect((await heardClicks(at('delayed.out.mp4')))[0]).toBeCloseTo(0.55, 3);
    expect(await editedTracks(at('bare.mkv'))).toEqual(new Map());
  });
});

describe('--audio copy', () => {
  it('copies what MP4 can hold though browsers do not play it', async () => {
    await makeClip(at('many.mkv'), {
      seconds: 1,
      size: '64x48',
      audioTracks: 4,
      audio: ['-ac', '2', '-c:a:0', 'ac3', '-c:a:1', 'flac', '-c:a:2', 'libopus', '-c:a:3', 'alac'],
    });
    const result = await delivered(at('many.mkv'), at('many.mp4'), { audio: 'copy' });
    expect(summary(result)).toBe('video h264 made, audio ac3, audio flac, audio opus, audio alac');
    expect(result.warnings).toEqual([]);
    await expectKept(at('many.mp4'), result);
  });

  it('refuses what the container cannot hold, in one line', () => {
    expect(() => {
      requireCopyable([{ codec: 'aac' }, { codec: 'vorbis' }], 'mp4');
    }).toThrow(
      new UserError(
        '--audio copy: MP4 cannot hold audio track 2 (vorbis) as it is: ' +
          'choose -o NAME.mkv, or leave out --audio copy to have it converted',
      ),
    );
    expect(() => {
      requireCopyable([{ codec: 'adpcm_ima_qt' }], 'mkv');
    }).toThrow('leave out --audio copy');
    expect(() => {
      requireCopyable([{ codec: 'vorbis' }, { codec: 'truehd' }], 'mkv');
    }).not.toThrow();
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

it('a picture above level 5.2 is warned about', () => {
  expect(levelWarning({ width: 4096, height: 2304 }, { num: 25, den: 1 })).toBeUndefined();
  expect(levelWarning({ width: 4112, height: 2304 }, { num: 25, den: 1 })).toMatch(
    /^4112x2304 at 25 frames a second is above H\.264 level 5\.2/,
  );
  expect(levelWarning({ width: 4096, height: 2304 }, { num: 60, den: 1 })).toContain('at 60 frames');
  expect(levelWarning({ width: 1, height: 1 }, { num: 25, den: 1 })).toBeUndefined();
});
