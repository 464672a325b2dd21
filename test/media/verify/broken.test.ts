import { stat, truncate } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { argv } from '../../../src/lib/argv.js';
import type { VerifyRequest } from '../../../src/media/verify/verifyDeliverable.js';
import { ffmpeg, makeClip, scratchFolder } from '../../support/media.js';
import { deliveredForCheck } from '../encodeSupport.js';
import { bothChecks, change, encodeAgain, type Found, makeFilm } from './brokenSupport.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);
let film: VerifyRequest;
beforeAll(async () => {
  film = await deliveredForCheck(await makeFilm(at('film.mp4')), at('good.mp4'));
});

async function broken(name: string, ...args: string[]): Promise<Found> {
  return bothChecks(film, await change(film.file, `${name}.mp4`, ...args));
}

/** Only a job's timeline says how long the last frame is shown. */
const SHORT = 'the video lasts 3.960 s instead of 4.000 s';

function expectProblems({ published, against }: Found, ...problems: (string | RegExp)[]): void {
  for (const report of [published, against]) {
    expect(report.ok).toBe(false);
    expect(report.problems).toEqual(
      problems
        .filter((problem) => report === published || problem !== SHORT)
        .map((problem) => (typeof problem === 'string' ? problem : (expect.stringMatching(problem) as unknown))),
    );
  }
}

const frozen = (from: number, to: number, shows: number): string =>
  `split[a${from}][b${from}];[a${from}][b${from}]freezeframes=first=${from}:last=${to}:replace=${shows}`;
const stretched = (change: (value: string, size: number) => string): string =>
  `lutyuv=y='${change('val-16', 219)}':u='${change('val-128', 224)}':v='${change('val-128', 224)}'`;

/** What goes wrong with single pictures: the filter that does it, and to which frames. */
const FAULTS = [
  "swapuv=enable='between(n,2,4)'",
  frozen(10, 12, 9),
  frozen(16, 16, 17),
  "drawbox=color=black:t=fill:enable='eq(n,20)'",
  "drawbox=y=ih/2:color=green:t=fill:enable='eq(n,24)'",
  "drawbox=x=64:y=64:w=64:h=64:color=gray:t=fill:enable='eq(n,27)'",
  "noise=alls=100:allf=t:enable='eq(n,33)'",
  "hue=h=60:enable='eq(n,40)'",
  "hue=s=0:enable='eq(n,43)'",
  "colormatrix=bt601:bt709:enable='between(n,46,48)'",
  `${stretched((value, size) => (size === 219 ? `(${value})*255/219` : `(${value})*255/224+128`))}:` +
    "enable='between(n,51,52)'",
  `${stretched((value, size) => (size === 219 ? `(${value}+16)*219/255+16` : `(${value})*224/255+128`))}:` +
    "enable='between(n,55,56)'",
  "hflip=enable='between(n,70,71)'",
];

describe('a film that was broken on purpose is caught before it is published, and by verify --against', () => {
  it('black, garbled, stale, early, wrongly coloured and mirrored frames are named', async () => {
    expectProblems(
      await broken('faults', ...encodeAgain, '-vf', FAULTS.join(',')),
      'the colours are wrong, as if its colour planes U and V are swapped: frames 2 to 4',
      "the picture is the source's frame before or after: frames 10 to 12, frame 16",
      'the picture is black where the source is not: frame 20',
      "the picture is not the source's: frame 24, frame 27, frame 33, frame 40, frames 70 to 71",
      'the colours are wrong, as if it has no colours: frame 43',
      'the colours are wrong, as if BT.709 was taken for BT.601: frames 46 to 48',
      'the colours are wrong, as if full range was taken for limited: frames 51 to 52',
      'the colours are wrong, as if limited range was taken for full: frames 55 to 56',
    );
  });

  it('a wrong matrix and a wrong range are named where a network makes colours weaker and edges sharper', async () => {
    const [matrix, , limited] = FAULTS.slice(9, 12);
    expectProblems(
      await broken('weaker', ...encodeAgain, '-vf', ['eq=saturation=0.93,unsharp=5:5:1', matrix, limited].join()),
      'the colours are wrong, as if BT.709 was taken for BT.601: frames 46 to 48',
      'the colours are wrong, as if limited range was taken for full: frames 55 to 56',
    );
  });

  it('a frame that is left out makes all that follow wrong, from its number on', async () => {
    expectProblems(
      await broken('dropped', ...encodeAgain, '-vf', "select='not(eq(n,20))',setpts=N/25/TB,fps=25"),
      /^the picture is the source's frame before or after: frame 20, /,
      'it has 99 frames instead of 100',
      SHORT,
    );
  });

  it('the last frame is missed', async () => {
    expectProblems(
      await broken('last', ...encodeAgain, '-vf', 'trim=end_frame=99'),
      'it has 99 frames instead of 100',
      SHORT,
    );
  });

  it("two segments in each other's place are named", async () => {
    const piece = (from: number, to: number): string => `trim=start_frame=${from}:end_frame=${to},setpts=PTS-STARTPTS`;
    const found = await broken(
      'swapped',
      '-filter_complex',
      `[0:v]split=4[a][b][c][d];[a]${piece(0, 25)}[A];[b]${piece(50, 75)}[B];` +
        `[c]${piece(25, 50)}[C];[d]${piece(75, 100)}[D];[A][B][C][D]concat=n=4[v]`,
      ...argv`-map [v] -map 0:a -map 0:s -c copy -c:v libx264 -preset superfast`,
    );
    for (const report of [found.published, found.against]) {
      const frames = new Set(
        report.suspicious.flatMap(({ runs }) =>
          runs.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i)),
        ),
      );
      expect([...frames].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => 25 + i));
      expect(report.ok).toBe(false);
    }
  });

  it('swapped chroma in all frames', async () => {
    expectProblems(
      await broken('chroma', ...encodeAgain, '-vf', 'swapuv'),
      'the colours are wrong, as if its colour planes U and V are swapped: frames 0 to 99',
    );
  });

  it('a shift of one pixel in all frames', async () => {
    expectProblems(
      await broken(
        'shifted',
        ...encodeAgain,
        '-vf',
        'crop=iw-2:ih:2:0,pad=iw+2:ih:0:0,fillborders=right=2:mode=smear',
      ),
      /^the picture is shifted by 1\.\d pixels of the source: frames 0 to 99$/,
    );
  });

  it('another shape, lost chapters, a lost subtitle and a missing track', async () => {
    const { published, against } = await broken(
      'bare',
      ...argv`-map 0:v -map 0:a:1 -c copy -map_chapters -1 -bsf:v h264_metadata=sample_aspect_ratio=1/1 -aspect 4:3`,
    );
    expect(published.problems).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^the pixels' aspect ratio is 1:1 instead of 64:45/),
        'it has 1 audio tracks instead of 2',
        'it has 0 subtitle tracks instead of 1',
        'it has 0 chapters instead of 2',
      ]),
    );
    expect(against.problems).toEqual(
      expect.arrayContaining([
        'the picture is 1.333 times as wide as high instead of 1.896',
        'it has 1 audio tracks instead of 2',
        'it has 0 subtitle tracks instead of 1',
        'it has 0 chapters instead of 2',
      ]),
    );
  });

  it('sound that is 100 ms late', async () => {
    await ffmpeg(
      ...argv`-i ${film.file} -itsoffset 0.1 -i ${film.file} -map 0:v -map 1:a -map 0:s -c copy ${at('late.mp4')}`,
    );
    const { published, against } = await bothChecks(film, at('late.mp4'));
    for (const { problems } of [published, against]) {
      for (const track of [1, 2]) {
        expect(problems.join('\n')).toContain(`audio track ${track} begins 0.`);
        expect(problems.join('\n')).toMatch(
          new RegExp(`what is heard in audio track ${track} is 0\\.(099|100) s after the source's`),
        );
      }
    }
  });

  it('sound that begins in time and is heard 100 ms late', async () => {
    const { published, against } = await broken(
      'delayed',
      ...argv`-map 0 -c copy -c:a aac -af adelay=100:all=1,atrim=end=4`,
    );
    for (const { problems } of [published, against])
      expect(problems).toContainEqual(
        expect.stringMatching(/^what is heard in audio track 1 is 0\.(099|100) s after the source's$/),
      );
  });

  it('a file cut short', async () => {
    const file = await change(film.file, 'cut.mp4', '-map', '0', '-c', 'copy', '-movflags', '+faststart');
    await truncate(file, Math.floor((await stat(file)).size * 0.6));
    const { published, against } = await bothChecks(film, file);
    for (const { problems } of [published, against])
      expect(problems.join('\n')).toMatch(/it has \d+ frames instead of 100/);
  });

  it('one black frame in 5,000', async () => {
    const clip = await makeClip(at('long.mp4'), {
      seconds: 200,
      size: '64x48',
      audioTracks: 0,
      video: ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p'],
    });
    const long = await deliveredForCheck(clip, at('long.good.mp4'));
    const dark = await change(
      long.file,
      'long.dark.mp4',
      ...argv`-vf drawbox=color=black:t=fill:enable='eq(n,3210)' -c:v libx264 -preset ultrafast`,
    );
    expectProblems(await bothChecks(long, dark), 'the picture is black where the source is not: frame 3210');
  });
});
