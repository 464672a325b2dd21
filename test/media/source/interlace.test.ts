import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { type PictureSpec, pictureSpecSchema } from '../../../src/job/picture.js';
import { countFrames, decodeTimeline } from '../../../src/job/timeline.js';
import { argv } from '../../../src/lib/argv.js';
import { conformSource } from '../../../src/media/intermediate/conform.js';
import { describeFields } from '../../../src/media/picture/deinterlace.js';
import { apartStretches } from '../../../src/media/source/apartStretches.js';
import { combingOf } from '../../../src/media/source/combing.js';
import { examineSource } from '../../../src/media/source/examine.js';
import { fieldEvidence } from '../../../src/media/source/fieldEvidence.js';
import { decideFields, detectFields, forceFields } from '../../../src/media/source/interlace.js';
import { probeSource } from '../../../src/media/source/probe.js';
import { ffmpeg, hasSharedMedia, scratchFolder, sharedClips, sharedFile } from '../../support/media.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);

/**
 * A picture with detail in all directions that turns and moves: 60 progressive frames, then what the filter makes of
 * them.
 */
const MOTION = 'testsrc2=size=192x144:rate=50:duration=1.2,rotate=a=0.02*n:c=gray,crop=160:120,setsar=1';
const lossless = ['-c:v', 'ffv1'];
async function clip(name: string, filter: string, ...codec: string[]): Promise<string> {
  await ffmpeg(
    ...argv`-f lavfi -i ${MOTION},${filter}`,
    ...(codec.length > 0 ? codec : lossless),
    '-pix_fmt',
    'yuv420p',
    at(name),
  );
  return at(name);
}

const detect = async (file: string, flagged = false, double = false) =>
  detectFields(file, await probeSource(file), { double, flagged });
const picture = (given: Partial<PictureSpec> = {}): PictureSpec => pictureSpecSchema.parse(given);

async function conform(file: string, given: Partial<PictureSpec> = {}) {
  const { scan } = await examineSource(file, await probeSource(file), picture(given));
  const copy = await conformSource(file, scan.info, folder, { fields: scan.fields });
  return { copy, scan, file: at(copy.file) };
}

/** Luma PSNR in dB of two videos frame by frame, after filters. */
async function psnr(a: string, b: string, filterA = 'null', filterB = 'null'): Promise<number> {
  const graph = `[0:v]${filterA},settb=1/25,setpts=N[a];[1:v]${filterB},settb=1/25,setpts=N[b];[a][b]psnr=shortest=1`;
  const { stderr } = await execa(
    'ffmpeg',
    argv`-hide_banner -nostdin -i ${a} -i ${b} -filter_complex ${graph} -f null -`,
  );
  const found = /PSNR y:(\S+)/.exec(stderr)?.[1];
  return found === 'inf' ? Infinity : Number(found);
}

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

describe('a programme that is interlaced in parts', () => {
  const SECOND = 'eq(mod(floor(T+0.001),2),1)';
  let mixed = '';
  beforeAll(async () => {
    mixed = at('mixed.mkv');
    const [fields, frames] = [
      'testsrc2=s=240x192:r=50:d=8,scroll=h=0.01,tinterlace=interleave_top',
      'testsrc2=s=240x192:r=25:d=8,scroll=h=0.02',
    ];
    await ffmpeg(
      ...argv`
        -f lavfi -i ${frames},setfield=prog -f lavfi -i ${fields},setfield=prog
        -filter_complex [0][1]blend=all_expr='if(${SECOND},B,A)' ${lossless} ${mixed}
      `,
    );
  });

  it('is known frame by frame', async () => {
    const fields = await detect(mixed);
    expect(fields).toMatchObject({ remedy: 'interpolate', order: 'tff' });
    const stretches = fields?.stretches ?? [];
    expect(stretches).toHaveLength(4);
    stretches.forEach(([start, end], i) => {
      // At most a frame more at each end, none less.
      expect([50 * i + 23, 50 * i + 24, 50 * i + 25], `start ${start}`).toContain(start);
      expect([50 * i + 50, 50 * i + 51], `end ${end}`).toContain(end);
    });
  });

  it('keeps whole pictures as they are, and deinterlaces the others as if all were interlaced', async () => {
    const { copy, scan, file } = await conform(mixed);
    expect(countFrames(copy.timeline)).toBe(200);
    expect(await psnr(file, mixed, 'trim=start_frame=52:end_frame=73', 'trim=start_frame=52:end_frame=73')).toBe(
      Infinity,
    );
    const all = await conformSource(mixed, scan.info, folder, {
      fields: { remedy: 'interpolate', order: 'tff', telecined: false },
    });
    expect(
      await psnr(file, at(all.file), 'trim=start_frame=25:end_frame=50', 'trim=start_frame=25:end_frame=50'),
    ).toBe(Infinity);
    expect(
      await psnr(file, mixed, 'trim=start_frame=25:end_frame=50', 'trim=start_frame=25:end_frame=50'),
    ).toBeLessThan(40);
  });

  it('shows whole pictures twice where each field gives a picture', async () => {
    const { copy, file } = await conform(mixed, { deinterlace: 'double' });
    expect(countFrames(copy.timeline)).toBe(400);
    const twice = "trim=start_frame=104:end_frame=146,select='eq(mod(n,2),PHASE)'";
    for (const phase of ['0', '1'])
      expect(await psnr(file, mixed, twice.replace('PHASE', phase), 'trim=start_frame=52:end_frame=73')).toBe(
        Infinity,
      );
    const moving = await psnr(
      file,
      file,
      "trim=start_frame=60:end_frame=90,select='eq(mod(n,2),0)'",
      "trim=start_frame=60:end_frame=90,select='eq(mod(n,2),1)'",
    );
    expect(moving).toBeLessThan(40);
  });

  it('is divided with few turns: a single frame makes no stretch, a still moment ends none', () => {
    const scores = (text: string) => [...text].map((each) => ({ W: -1, a: 1, '.': 0 })[each] ?? NaN);
    expect(apartStretches(scores('WWWWWWWWWWWaWWWWWWWW'))).toEqual([]);
    expect(apartStretches(scores('WWWWWaaaaaaaaaaWWWWW'))).toEqual([[5, 16]]);
    expect(apartStretches(scores('aaaaaaa....aaWaaaaaa'))).toEqual([[0, 21]]);
    expect(apartStretches(scores('aaaaaaaWWWWWWWWWWWWWaaaaaaaa'))).toEqual([
      [0, 8],
      [20, 29],
    ]);
    expect(apartStretches([])).toEqual([]);
  });

  it('is interlaced throughout where the user says so, in the order of the pictures, else of the stream', async () => {
    const always = async (file: string, given: PictureSpec['deinterlace'] = 'always') =>
      (await examineSource(file, await probeSource(file), picture({ deinterlace: given }))).scan.fields;
    expect(await always(mixed)).toEqual({ remedy: 'interpolate', order: 'tff', telecined: false });
    expect(await always(whole, 'always-double')).toEqual({ remedy: 'double', order: 'tff', telecined: false });
    const bottom = await clip(
      'bottom.ts',
      'loop=-1:1,trim=end_frame=30,setfield=bff',
      ...argv`-c:v mpeg2video -q:v 2 -flags +ilme+ildct -top 0`,
    );
    expect(await always(bottom)).toEqual({ remedy: 'interpolate', order: 'bff', telecined: false });
    expect(await forceFields(whole, await probeSource(whole), { double: false, said: 'bff' })).toMatchObject({
      order: 'bff',
    });
  });
});
