import path from 'node:path';
import { execa } from 'execa';
import { type PictureSpec, pictureSpecSchema } from '../../src/job/pictureSpec.js';
import { argv } from '../../src/lib/argv.js';
import { conformSource } from '../../src/media/intermediate/conform.js';
import { examineSource } from '../../src/media/source/examine.js';
import { detectFields } from '../../src/media/source/interlace.js';
import { probeSource } from '../../src/media/source/probe.js';
import { ffmpeg, scratchFolder } from '../support/media.js';

export const folder = scratchFolder();
export const at = (name: string): string => path.join(folder, name);

/**
 * A picture with detail in all directions that turns and moves: 60 progressive frames, then what the filter makes of
 * them.
 */
export const MOTION = 'testsrc2=size=192x144:rate=50:duration=1.2,rotate=a=0.02*n:c=gray,crop=160:120,setsar=1';
export const lossless = ['-c:v', 'ffv1'];
export async function clip(name: string, filter: string, ...codec: string[]): Promise<string> {
  await ffmpeg(
    ...argv`-f lavfi -i ${MOTION},${filter}`,
    ...(codec.length > 0 ? codec : lossless),
    '-pix_fmt',
    'yuv420p',
    at(name),
  );
  return at(name);
}

export const detect = async (file: string, flagged = false, double = false) =>
  detectFields(file, await probeSource(file), { double, flagged });
export const picture = (given: Partial<PictureSpec> = {}): PictureSpec => pictureSpecSchema.parse(given);

export async function conform(file: string, given: Partial<PictureSpec> = {}) {
  const { scan } = await examineSource(file, await probeSource(file), picture(given));
  const copy = await conformSource(file, scan.info, folder, { fields: scan.fields });
  return { copy, scan, file: at(copy.file) };
}

/** Luma PSNR in dB of two videos frame by frame, after filters. */
export async function psnr(a: string, b: string, filterA = 'null', filterB = 'null'): Promise<number> {
  const graph = `[0:v]${filterA},settb=1/25,setpts=N[a];[1:v]${filterB},settb=1/25,setpts=N[b];[a][b]psnr=shortest=1`;
  const { stderr } = await execa(
    'ffmpeg',
    argv`-hide_banner -nostdin -i ${a} -i ${b} -filter_complex ${graph} -f null -`,
  );
  const found = /PSNR y:(\S+)/.exec(stderr)?.[1];
  return found === 'inf' ? Infinity : Number(found);
}
