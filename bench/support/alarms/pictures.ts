import { execa } from 'execa';
import { argv } from '../../../src/lib/argv.js';

/**
 * Frames and sides of an excerpt: enough for what builds up over time, small enough for hundreds of runs; a test file
 * of a few pixels becomes a picture.
 */
const FRAMES = 160;
const WIDTH = 384;
const LEAST = 64;
const TAGS = argv`-colorspace smpte170m -color_primaries smpte170m -color_trc smpte170m -color_range tv`;
const ffmpeg = (...args: string[]): Promise<unknown> =>
  execa('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-nostdin', '-y', ...args]);

/**
 * The beginning of a clip as a small H.264 file with known colours. @returns undefined where the clip has no pictures
 * that can be decoded.
 */
export async function excerpt(clip: string, file: string): Promise<string | undefined> {
  try {
    await ffmpeg(
      ...argv`-i ${clip} -map 0:v:0 -an -sn`,
      '-vf',
      `scale='2*ceil(clip(iw,${LEAST},${WIDTH})/2)':'max(${LEAST},2*ceil(min(1,${WIDTH}/iw)*ih/2))':` +
        'flags=area:out_color_matrix=smpte170m:out_range=tv,format=yuv420p',
      ...argv`-fps_mode passthrough -frames:v ${FRAMES} -c:v libx264 -preset veryfast -crf 16 ${TAGS} ${file}`,
    );
    return file;
  } catch {
    return undefined;
  }
}

export async function enlarge(source: string, filter: string, file: string): Promise<string> {
  await ffmpeg(
    ...argv`
      -i ${source} -vf ${filter} -fps_mode passthrough -c:v libx264 -preset veryfast -crf 23 -pix_fmt yuv420p ${TAGS}
      ${file}
    `,
  );
  return file;
}

const TWICE = 'scale=2*iw:2*ih:flags=bicubic+accurate_rnd';
/** Through RGB, by the matrix that the files are tagged with. */
const inRgb = (filter: string): string =>
  `scale=in_color_matrix=smpte170m:in_range=tv,format=gbrp,format=bgr0,${filter},` +
  'scale=out_color_matrix=smpte170m:out_range=tv,format=yuv420p';

/** What changes pictures as networks do: edges drawn anew, sharper, smoother, with more contrast, with grain. */
export const STAND_INS: Record<string, string> = {
  bicubic: TWICE,
  xbr: inRgb('xbr=2'),
  hqx: inRgb('hqx=2'),
  unsharp: `${TWICE},unsharp=5:5:1.2`,
  bilateral: `${TWICE},bilateral=sigmaS=3:sigmaR=0.1`,
  hqdn3d: `${TWICE},hqdn3d`,
  contrast: `${TWICE},eq=contrast=1.06`,
  grain: `${TWICE},noise=alls=8:allf=t`,
};

const stretched = (change: (value: string, size: number) => string): string =>
  `lutyuv=y='${change('val-16', 219)}':u='${change('val-128', 224)}':v='${change('val-128', 224)}'`;
const limitedAsFull = stretched((value, size) =>
  size === 219 ? `(${value}+16)*219/255+16` : `(${value})*224/255+128`,
);
const fullAsLimited = stretched((value, size) => (size === 219 ? `(${value})*255/219` : `(${value})*255/224+128`));
/** One pixel of the source to the left. */
const shift = 'crop=iw-2:ih:2:0,pad=iw+2:ih:0:0,fillborders=right=2:mode=smear';
const onFrames = (filter: string, from: number, to: number): string => `${filter}:enable='between(n,${from},${to})'`;

/** Faults on top of pictures that a filter or something like a network made. */
export const FAULTS: Record<string, { fault: string; on: keyof typeof STAND_INS }> = Object.fromEntries(
  ['bicubic', 'xbr', 'unsharp'].flatMap((on) =>
    Object.entries({
      shifted: shift,
      'shifted down': 'crop=iw:ih-2:0:2,pad=iw:ih+2:0:0,fillborders=bottom=2:mode=smear',
      'U and V': 'swapuv',
      '709 for 601': onFrames('colormatrix=bt601:bt709', 10, 20),
      'full for limited': onFrames(fullAsLimited, 10, 20),
      'limited for full': onFrames(limitedAsFull, 10, 20),
      stale: 'split[f][g];[f][g]freezeframes=first=10:last=14:replace=9',
    }).map(([name, fault]) => [`${on}: ${name}`, { fault, on }]),
  ),
);
