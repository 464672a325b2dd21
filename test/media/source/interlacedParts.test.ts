import { beforeAll, describe, expect, it } from 'vitest';
import type { PictureSpec } from '../../../src/job/pictureSpec.js';
import { countFrames } from '../../../src/job/timeline.js';
import { argv } from '../../../src/lib/argv.js';
import { conformSource } from '../../../src/media/intermediate/conform.js';
import { apartStretches } from '../../../src/media/source/apartStretches.js';
import { examineSource } from '../../../src/media/source/examine.js';
import { forceFields } from '../../../src/media/source/interlace.js';
import { probeSource } from '../../../src/media/source/probe.js';
import { ffmpeg } from '../../support/media.js';
import { at, clip, conform, detect, folder, lossless, picture, psnr } from '../interlaceSupport.js';

let whole = '';
beforeAll(async () => {
  whole = await clip('whole.mkv', 'null');
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
