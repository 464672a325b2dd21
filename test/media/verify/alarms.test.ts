import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ffmpeg, hasSharedMedia, scratchFolder, sharedFile } from '../../support/media.js';
import { deliveredForCheck } from '../encodeSupport.js';
import { bothChecks, change, encodeAgain } from './brokenSupport.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);

/** Two seconds each, at 25 frames a second. */
const HARMLESS = {
  'black, then a picture': "color=black:s=96x72:r=25:d=1[a];testsrc2=s=96x72:r=25:d=1[b];[a][b]concat",
  'a still': 'testsrc2=s=96x72:r=25:d=0.04,loop=loop=-1:size=1,trim=end_frame=50',
  'fades to black and to white': 'testsrc2=s=96x72:r=25:d=2,fade=t=out:st=0.2:d=0.6,fade=t=in:st=1.1:d=0.4:color=white',
  'flashes on every other frame': "testsrc2=s=96x72:r=25:d=2,drawbox=color=white:t=fill:enable='eq(mod(n,2),0)'",
  grain: 'testsrc2=s=96x72:r=25:d=2,noise=alls=40:allf=t',
  letterbox: 'testsrc2=s=96x40:r=25:d=2,pad=96:72:0:16',
  'night, nearly black': "testsrc2=s=96x72:r=25:d=2,lutyuv=y='16+(val-16)/16'",
};

describe('no false alarm', () => {
  it('on black, stills, fades, flashes, grain, bars and night; nor when a network sharpens and changes brightness and contrast', async () => {
    const names = Object.keys(HARMLESS);
    const filters = Object.values(HARMLESS).map((filter, i) => `${filter.replaceAll(/\[([ab])\]/g, `[$1${i}]`)},format=yuv420p,setsar=1[p${i}]`);
    const joined = `${names.map((_, i) => `[p${i}]`).join('')}concat=n=${names.length}[v]`;
    await ffmpeg('-filter_complex', [...filters, joined].join(';'), '-map', '[v]', '-c:v', 'libx264', '-preset', 'veryfast', '-crf', '18', at('harmless.mp4'));
    const request = await deliveredForCheck(at('harmless.mp4'), at('harmless.out.mp4'));
    const { published, against } = await bothChecks(request);
    expect(published).toMatchObject({ ok: true, problems: [], warnings: [], frames: 50 * names.length });
    expect(against).toMatchObject({ ok: true, problems: [], warnings: [] });

    const sharpened = await change(request.file, 'sharpened.mp4', ...encodeAgain, '-vf', 'unsharp=5:5:1.2,eq=contrast=1.08:brightness=0.02');
    const network = await bothChecks(request, sharpened);
    expect(network.published.problems).toEqual([]);
    expect(network.against.problems).toEqual([]);
  });

  it.skipIf(!hasSharedMedia)('on a trailer with cuts, fades and titles', async () => {
    await ffmpeg('-ss', '8', '-i', sharedFile('clips/cartoon/sintel-trailer-480x204-aac-52s.mp4'), '-t', '3', '-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '16', '-c:a', 'aac', at('trailer.mp4'));
    const { published, against } = await bothChecks(await deliveredForCheck(at('trailer.mp4'), at('trailer.out.mp4')));
    expect(published).toMatchObject({ ok: true, problems: [], warnings: [] });
    expect(against).toMatchObject({ ok: true, problems: [], warnings: [] });
  });
});
