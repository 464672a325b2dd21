import path from 'node:path';
import { execa } from 'execa';
import { argv } from '../../../src/lib/argv.js';
import { sharedClip } from '../clips.js';
import { type Rgb, readPicture } from '../quality/protocol.js';

/** None of them gave pictures that a network of ours was trained on. */
const CLIPS = [
  'cartoon/bbb-800x640-sar64x45-bpyramid-4s.mp4',
  'live/mdn-rabbit-320x240-aac-8s.mp4',
  'live/pancake-426x240-opus-10s.mkv',
  'live/carphone-qcif-pristine.mp4',
];

/** Smaller, blurred, noisy, and H.264 at a low rate. */
const DAMAGES = [
  { filters: 'scale=2*trunc(iw*0.4):-2:flags=bicubic', crf: 26 },
  { filters: 'scale=2*trunc(iw*0.35):-2:flags=bilinear,gblur=sigma=0.7,noise=alls=8:allf=t', crf: 30 },
  { filters: 'scale=2*trunc(iw*0.45):-2:flags=area,gblur=sigma=1.2', crf: 34 },
];
const FRAMES = [20, 60];
/** In the middle of the frame. The smallest clip is 176x144, before it is made smaller. */
const CROP = 'crop=min(iw\\,96):min(ih\\,96)';

/** Damaged frames of clips, some of each. */
export async function damagedFrames(folder: string): Promise<Rgb[]> {
  const frames: Rgb[] = [];
  for (const [i, clip] of CLIPS.entries()) {
    for (const [j, { filters, crf }] of DAMAGES.entries()) {
      const file = path.join(folder, `${i}-${j}.mkv`);
      await execa(
        'ffmpeg',
        argv`
          -v error -i ${sharedClip(clip)} -an -sn -frames:v 61 -vf ${`${filters},setsar=1`}
          -c:v libx264 -preset veryfast -crf ${crf} -pix_fmt yuv420p -threads 1 ${file}
        `,
      );
      for (const n of FRAMES) frames.push(await readPicture(file, ['-vf', `select=eq(n\\,${n}),${CROP}`]));
    }
  }
  return frames;
}
