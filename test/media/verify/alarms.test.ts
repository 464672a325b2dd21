import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { argv } from '../../../src/lib/argv.js';
import { verifyAgainst } from '../../../src/media/verify/against.js';
import { ffmpeg, hasSharedMedia, scratchFolder, sharedFile } from '../../support/media.js';
import { deliveredForCheck } from '../encodeSupport.js';
import { bothChecks, change, encodeAgain } from './brokenSupport.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);

/** Two seconds each, at 25 frames a second. */
const HARMLESS = {
  'black, then a picture': 'color=black:s=96x72:r=25:d=1[a];testsrc2=s=96x72:r=25:d=1[b];[a][b]concat',
  'a still': 'testsrc2=s=96x72:r=25:d=0.04,loop=loop=-1:size=1,trim=end_frame=50',
  'fades to black and to white':
    'testsrc2=s=96x72:r=25:d=2,fade=t=out:st=0.2:d=0.6,fade=t=in:st=1.1:d=0.4:color=white',
  'flashes on every other frame': "testsrc2=s=96x72:r=25:d=2,drawbox=color=white:t=fill:enable='eq(mod(n,2),0)'",
  grain: 'testsrc2=s=96x72:r=25:d=2,noise=alls=40:allf=t',
  letterbox: 'testsrc2=s=96x40:r=25:d=2,pad=96:72:0:16',
  'night, nearly black': "testsrc2=s=96x72:r=25:d=2,lutyuv=y='16+(val-16)/16'",
};

describe('no false alarm', () => {
  it('on black, stills, fades, flashes, grain, bars, night, nor when a network sharpens and brightens', async () => {
    const names = Object.keys(HARMLESS);
    const filters = Object.values(HARMLESS).map(
      (filter, i) => `${filter.replaceAll(/\[([ab])\]/g, `[$1${i}]`)},format=yuv420p,setsar=1[p${i}]`,
    );
    const joined = `${names.map((_, i) => `[p${i}]`).join('')}concat=n=${names.length}[v]`;
    await ffmpeg(
      ...argv`
        -filter_complex ${[...filters, joined].join(';')} -map [v] -c:v libx264 -preset veryfast -crf 18
        ${at('harmless.mp4')}
      `,
    );
    const request = await deliveredForCheck(at('harmless.mp4'), at('harmless.out.mp4'));
    const { published, against } = await bothChecks(request);
    expect(published).toMatchObject({ ok: true, problems: [], warnings: [], frames: 50 * names.length });
    expect(against).toMatchObject({ ok: true, problems: [], warnings: [] });

    const sharpened = await change(
      request.file,
      'sharpened.mp4',
      ...encodeAgain,
      '-vf',
      'unsharp=5:5:1.2,eq=contrast=1.08:brightness=0.02',
    );
    const network = await bothChecks(request, sharpened);
    expect(network.published.problems).toEqual([]);
    expect(network.against.problems).toEqual([]);
  });

  it('on a slide with edges in one direction and next to none in the other', async () => {
    await ffmpeg(
      '-f',
      'lavfi',
      '-i',
      'color=0x70ff20:s=320x180:r=5:d=2,drawbox=x=183:y=0:w=320:h=180:color=0x101010:t=fill,' +
        'drawbox=x=0:y=44:w=183:h=77:color=black@0.03:t=fill',
      ...argv`-c:v libx264 -qp 0 -pix_fmt yuv420p ${at('slide.mp4')}`,
    );
    const { published, against } = await bothChecks(await deliveredForCheck(at('slide.mp4'), at('slide.out.mp4')));
    expect(published.problems).toEqual([]);
    expect(against.problems).toEqual([]);
  });

  it('on cards of one colour each that a network makes stronger; a card in place of another is caught', async () => {
    const cards = async (name: string, noise: number, ...colours: string[]): Promise<string> => {
      const drawn = colours.map((colour, n) => `drawbox=color=${colour}:t=fill:enable='eq(n,${n})'`);
      await ffmpeg(
        '-f',
        'lavfi',
        '-i',
        ['color=s=96x72:r=5:d=1', ...drawn, `noise=all_seed=1:alls=${noise}:enable='eq(n,2)'`].join(','),
        ...argv`-c:v libx264 -qp 4 -pix_fmt yuv420p ${at(name)}`,
      );
      return at(name);
    };
    const source = await cards('cards.mp4', 0, '0xff0000', '0x08ff19', '0x18f838', '0x0000ff', '0xffffff');
    const stronger = await verifyAgainst(
      await cards('stronger.mp4', 16, '0xff0000', '0x00ff00', '0x00ff00', '0x0000ff', '0xffffff'),
      source,
    );
    expect(stronger.report.problems).toEqual([]);
    const other = await verifyAgainst(
      await cards('other.mp4', 0, '0xff0000', '0x08ff19', '0x18f838', '0xff0000', '0xffffff'),
      source,
    );
    expect(other.report.problems).toEqual([expect.stringMatching(/frame 3$/)]);
  });

  it('on slow changes smoothed over time: thumbnails suggest the frame before, full size refutes it', async () => {
    await ffmpeg(
      ...argv`
        -f lavfi -i nullsrc=s=160x120:r=25:d=2,geq=lum='128+60*sin((X+2*N)/25)':cb=128:cr=128 -c:v libx264 -crf 12
        -pix_fmt yuv420p ${at('waves.mp4')}
      `,
    );
    const request = await deliveredForCheck(at('waves.mp4'), at('waves.out.mp4'));
    const smoothed = await bothChecks(
      request,
      await change(request.file, 'smoothed.mp4', ...encodeAgain, '-vf', 'hqdn3d=4:3:9:9'),
    );
    for (const { problems, warnings } of [smoothed.published, smoothed.against]) {
      expect(problems).toEqual([]);
      expect(warnings.join('\n')).toContain(
        "thumbnails look like the source's frame before or after, at full size the pictures do not",
      );
    }
    // The same slow pictures, left standing for three frames, are caught.
    const standing = await bothChecks(
      request,
      await change(
        request.file,
        'standing.mp4',
        ...encodeAgain,
        '-vf',
        'split[a][b];[a][b]freezeframes=first=20:last=22:replace=19',
      ),
    );
    for (const { problems } of [standing.published, standing.against])
      expect(problems).toEqual([expect.stringMatching(/^the picture is the source's frame before or after: frame/)]);
  });

  it.skipIf(!hasSharedMedia)(
    'on a pale sky with some structure in a corner, enlarged by what draws edges anew',
    async () => {
      await ffmpeg(
        ...argv`
          -i ${sharedFile('clips/cartoon/bbb-720p24-vp8-vorbis-30s.webm')} -t 3 -an
          -vf scale=720:576,scale=360:288,setsar=64/45 -c:v libx264 -crf 12 -preset veryfast -colorspace bt470bg
          ${at('sky.mp4')}
        `,
      );
      await ffmpeg(
        ...argv`
          -i ${at('sky.mp4')}
          -vf scale=out_color_matrix=bt601,xbr=2,scale=in_color_matrix=bt601:out_color_matrix=bt601 -c:v libx264
          -crf 23 -preset veryfast -pix_fmt yuv420p -colorspace bt470bg ${at('sky.out.mp4')}
        `,
      );
      const { report } = await verifyAgainst(at('sky.out.mp4'), at('sky.mp4'));
      expect(report.problems.filter((problem) => problem.includes('picture'))).toEqual([]);
    },
  );

  it.skipIf(!hasSharedMedia)('on a trailer with cuts, fades and titles', async () => {
    await ffmpeg(
      '-ss',
      '8',
      '-i',
      sharedFile('clips/cartoon/sintel-trailer-480x204-aac-52s.mp4'),
      ...argv`-t 3 -c:v libx264 -preset ultrafast -crf 16 -c:a aac ${at('trailer.mp4')}`,
    );
    const { published, against } = await bothChecks(await deliveredForCheck(at('trailer.mp4'), at('trailer.out.mp4')));
    expect(published).toMatchObject({ ok: true, problems: [], warnings: [] });
    expect(against).toMatchObject({ ok: true, problems: [], warnings: [] });
  });
});
