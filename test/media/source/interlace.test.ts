import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { countFrames, decodeTimeline } from '../../../src/job/timeline.js';
import { argv } from '../../../src/lib/argv.js';
import { describeFields } from '../../../src/media/picture/deinterlace.js';
import { combingOf } from '../../../src/media/source/combing.js';
import { examineSource } from '../../../src/media/source/examine.js';
import { fieldEvidence } from '../../../src/media/source/fieldEvidence.js';
import { decideFields, detectFields } from '../../../src/media/source/interlace.js';
import { probeSource } from '../../../src/media/source/probe.js';
import { ffmpeg, hasSharedMedia, sharedClips, sharedFile } from '../../support/media.js';
import { at, clip, conform, detect, lossless, MOTION, picture, psnr } from '../interlaceSupport.js';

let whole = '';
beforeAll(async () => {
  whole = await clip('whole.mkv', 'null');
});

describe('what is seen in the pictures', () => {
  it.each([
    ['progressive pictures', 'null', undefined],
    ['progressive pictures flagged as interlaced', 'setfield=tff', undefined],
    [
      'fields of different times, top first',
      'tinterlace=mode=interleave_top',
      { remedy: 'interpolate', order: 'tff', telecined: false },
    ],
    [
      'fields of different times, bottom first',
      'tinterlace=mode=interleave_bottom',
      { remedy: 'interpolate', order: 'bff', telecined: false },
    ],
    ['whole pictures shifted by a field', 'phase=t', { remedy: 'match', order: 'bff', telecined: false }],
    ['whole pictures shifted the other way', 'phase=b', { remedy: 'match', order: 'tff', telecined: false }],
    [
      'drawings held for two frames and shifted by a field',
      'fps=25,fps=50,phase=b',
      { remedy: 'match', order: 'tff', telecined: false },
    ],
    ['film telecined 3:2', 'telecine=pattern=23', { remedy: 'match', order: 'tff', telecined: true }],
    ['a still picture', 'loop=-1:1,trim=end_frame=50', undefined],
    ['vertical movement', 'crop=160:80:0:0.5*n', undefined],
  ])('%s', async (name, filter, fields) => {
    expect(await detect(await clip(`${name.replaceAll(/\W/g, '')}.mkv`, filter))).toEqual(fields);
  });

  it('needs less evidence where the stream says that it is interlaced', () => {
    const smeared = { frames: 50, pairing: 0.45, combing: 0.01, topFirst: 1, pulldown: 0.6 };
    expect(decideFields([smeared], { double: false, flagged: false }, 'yuv420p')).toBeUndefined();
    expect(decideFields([smeared], { double: false, flagged: true }, 'yuv420p')).toMatchObject({
      remedy: 'interpolate',
      order: 'tff',
    });
  });

  it('minds a part that is interlaced, not a moment of it', () => {
    const [progressive, interlaced] = [
      { frames: 30, pairing: 0.95, combing: 0, topFirst: 0.5, pulldown: 0.6 },
      { frames: 30, pairing: 0.1, combing: 0.01, topFirst: 0, pulldown: 0.6 },
    ];
    const decide = (...groups: (typeof progressive)[]) =>
      decideFields(groups, { double: true, flagged: false }, 'yuv420p');
    expect(decide(...Array.from({ length: 5 }, () => progressive), interlaced)).toEqual({
      remedy: 'double',
      order: 'bff',
      telecined: false,
    });
    expect(decide(...Array.from({ length: 7 }, () => progressive), interlaced)).toBeUndefined();
  });

  it('interpolates where fields could be joined but only after losing bits', () => {
    const split = [{ frames: 30, pairing: 0.5, combing: 0.5, topFirst: 1, pulldown: 0.5 }];
    expect(decideFields(split, { double: false, flagged: false }, 'yuv420p')).toMatchObject({ remedy: 'match' });
    expect(decideFields(split, { double: false, flagged: false }, 'yuv420p10le')).toMatchObject({
      remedy: 'interpolate',
    });
  });

  it.skipIf(!hasSharedMedia)('real clips are progressive, also the one that is flagged as interlaced', async () => {
    const dvb = sharedFile('clips/interlaced/dvb-sd-576-mpeg2-sar64x45-mp2-3s.ts');
    expect(await detect(dvb, true)).toBeUndefined();
    for (const file of [
      sharedFile('clips/hdr/bt709-full-range-720p.mp4'),
      sharedFile('clips/hdr/h264-10bit-200x200.mp4'),
      sharedFile('clips/odd/sar2x1-640x360.mp4'),
      ...sharedClips('cartoon').slice(0, 1),
    ]) {
      expect(await detect(file), file).toBeUndefined();
    }
  });
});

describe('a weave', () => {
  it('measures how lines of two frames fit between each other, where something moves', () => {
    const [before, later] = [
      [0, 0, 0, 0, 0, 0],
      [100, 0, 100, 0, 100, 0],
    ].map((lines) => Uint8Array.from(lines.flatMap((value) => [value, value])));
    if (!before || !later) throw new Error('two frames');
    expect(combingOf(before, later, 2)).toEqual({
      own: 4 * 2 * 200,
      topLater: 4 * 2 * 200,
      bottomLater: 0,
      moving: 8 / 12,
      scrolled: 1,
    });
    expect(combingOf(later, later, 2)).toEqual({ own: 0, topLater: 0, bottomLater: 0, moving: 0, scrolled: 1 });
  });

  it('tells nothing where too little moves', () => {
    expect(fieldEvidence([{ own: 100, topLater: 200, bottomLater: 200, moving: 0.001, scrolled: 1 }])).toMatchObject({
      frames: 0,
      pairing: 0,
    });
  });
});

describe('a page of fine print that scrolls by one line a frame', () => {
  const page =
    'nullsrc=s=192x400:r=25:d=0.04,' +
    "geq=lum='16+200*gt(mod(abs(43758.5453*sin(12.9898*floor(X/2)+78.233*Y)),1),0.7)':cb=128:cr=128,loop=-1:1,fps=25";
  const scrolling = async (name: string, filter: string) => {
    const file = at(name);
    await ffmpeg(...argv`-f lavfi -i ${page} -t 3 -vf format=yuv444p,${filter},format=yuv420p ${lossless} ${file}`);
    const info = await probeSource(file);
    return detectFields(file, info, { double: false, flagged: false });
  };

  it.each(['n', '200-n'])('is progressive, though each field lies as well in the frame before (%s)', async (line) => {
    expect(await scrolling(`page${line}.mkv`, `crop=192:160:0:${line}`)).toBeUndefined();
  });

  it('is interlaced where its fields are of different times', async () => {
    expect(
      await scrolling(
        'fields.mkv',
        'setpts=N/50/TB,fps=50,gblur=sigma=1.5,crop=192:160:0:n,tinterlace=mode=interleave_top',
      ),
    ).toMatchObject({ remedy: 'interpolate' });
  });
});

describe('what is made of it', () => {
  it('whole pictures come back from shifted fields', async () => {
    const file = await clip('shifted.mkv', 'phase=b');
    const { copy, scan, file: made } = await conform(file);
    expect(scan).toMatchObject({ seekable: false, reason: 'the pictures are interlaced' });
    expect(copy).toMatchObject({ decoded: 60, promised: 60 });
    // The first frame has a field of nothing; each later one begins with the picture before.
    expect(await psnr(made, whole, 'trim=start_frame=1')).toBeGreaterThan(50);
    expect(await psnr(file, whole)).toBeLessThan(35);
  });

  it('pictures of film come back, every fifth one twice', async () => {
    const { copy, scan, file } = await conform(await clip('telecined.mkv', 'telecine=pattern=23'));
    expect(scan.fields?.telecined).toBe(true);
    expect(copy.decoded).toBe(75);
    expect(await psnr(file, whole, 'decimate')).toBeGreaterThan(50);
  });

  it('fields of different times become a frame each pair, or a frame each', async () => {
    const file = await clip('interlaced.mkv', 'tinterlace=mode=interleave_top,setfield=tff');
    const single = await conform(file);
    expect(countFrames(single.copy.timeline)).toBe(30);
    const half = await psnr(single.file, whole, 'null', "select='not(mod(n,2))'");
    expect(half).toBeGreaterThan((await psnr(file, whole, 'null', "select='not(mod(n,2))'")) + 3);

    const double = await conform(file, { deinterlace: 'double' });
    expect(double.copy).toMatchObject({ decoded: 30, promised: 30 });
    const { timebase, firstPts, steps, lastDuration } = double.copy.timeline;
    expect([countFrames(double.copy.timeline), firstPts, steps, lastDuration, timebase]).toEqual([
      60,
      0,
      [[40, 59]],
      40,
      { num: 1, den: 2000 },
    ]);
    expect(await psnr(double.file, whole)).toBeGreaterThan(half - 1);
  });

  it('the times of an uneven source are doubled exactly', async () => {
    const file = await clip(
      'uneven.mkv',
      "tinterlace=mode=interleave_top,setfield=tff,select='not(eq(n,7))'",
      '-fps_mode',
      'passthrough',
      ...lossless,
    );
    const { copy } = await conform(file, { deinterlace: 'double' });
    expect(Array.from(decodeTimeline(copy.timeline).slice(10, 18))).toEqual([400, 440, 480, 560, 640, 680, 720, 760]);
  });

  it('nothing, when told so, and to what is progressive', async () => {
    const interlaced = await clip('off.mkv', 'tinterlace=mode=interleave_top,setfield=prog');
    const { scan, timeline } = await examineSource(
      interlaced,
      await probeSource(interlaced),
      picture({ deinterlace: 'off' }),
    );
    expect(scan).toMatchObject({ seekable: true });
    expect(scan).not.toHaveProperty('fields');
    expect(timeline).toBeDefined();
    const flagged = await clip('flagged.ts', 'setfield=tff', ...argv`-c:v mpeg2video -q:v 2 -flags +ilme+ildct`);
    const { scan: straight, file } = await conform(flagged);
    expect(straight).toMatchObject({ seekable: false, reason: 'the video is coded as interlaced' });
    expect(straight).not.toHaveProperty('fields');
    expect(await psnr(file, flagged)).toBe(Infinity);
  });

  it('every frame, also where the picture changes its size in mid-stream', async () => {
    const [small, large, both] = [at('small.ts'), at('large.ts'), at('both.ts')];
    const codec = ['-c:v', 'mpeg2video', '-q:v', '2', '-flags', '+ilme+ildct'];
    await clip('small.ts', 'tinterlace=mode=interleave_top,setfield=tff', ...codec);
    await ffmpeg(
      ...argv`
        -f lavfi -i ${MOTION},scale=240:192,tinterlace=mode=interleave_top,setfield=tff ${codec} -output_ts_offset 1.2
        ${large}
      `,
    );
    await execa('sh', ['-c', 'cat "$1" "$2" > "$3"', 'cat', small, large, both]);
    // The decoder itself drops a picture at the change.
    const plain = await conform(both, { deinterlace: 'off' });
    expect(plain.copy.decoded).toBe(59);
    const { copy, scan } = await conform(both);
    expect(scan.fields).toMatchObject({ remedy: 'interpolate', order: 'tff' });
    expect(countFrames(copy.timeline)).toBe(59);
  });

  it('is told in one line', () => {
    expect(
      describeFields({
        remedy: 'double',
        order: 'tff',
        telecined: false,
        stretches: [
          [10, 30],
          [50, 55],
        ],
      }),
    ).toBe(
      'the pictures are interlaced in 2 stretches (25 frames), top field first: ' +
        'one picture was made of each field there',
    );
    expect(describeFields({ remedy: 'match', order: 'tff', telecined: true })).toContain('telecined 3:2');
    expect(describeFields({ remedy: 'interpolate', order: 'bff', telecined: false })).toBe(
      'the pictures are interlaced, bottom field first: one picture was made of each frame',
    );
  });
});
