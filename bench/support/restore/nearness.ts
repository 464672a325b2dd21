import type { OurNetwork } from '../../../tools/parity/ours.js';
import { imresize, rounded } from '../quality/imresize.js';
import { luma, mean, psnr, type Rgb } from '../quality/protocol.js';
import { enlarged, throughNetwork } from '../quality/throughNetwork.js';
import { ssim } from './ssim.js';

export interface Nearness {
  decibels: number;
  ssim: number;
}

/** Enlarges a picture; gives its luma. */
export type Enlarge = (small: Rgb) => Rgb | Promise<Rgb>;

export const byBicubic =
  (scale: number): Enlarge =>
  (small) =>
    luma(rounded(imresize(small, scale)));
export const byNetwork =
  (network: OurNetwork): Enlarge =>
  (small) =>
    throughNetwork(network, small);

/** What the teacher makes of pictures, which is four times their size, at another scale. */
export async function taught(teacher: OurNetwork, frames: readonly Rgb[]): Promise<(scale: number) => Rgb[]> {
  const pictures: Rgb[] = [];
  for (const frame of frames) pictures.push(await enlarged(teacher, frame));
  return (scale) =>
    pictures.map((picture) =>
      luma(scale === teacher.scale ? picture : rounded(imresize(picture, scale / teacher.scale))),
    );
}

/** How near a way to enlarge comes to the teacher: PSNR and SSIM of luma, means of all frames. */
export async function nearness(
  enlarge: Enlarge,
  frames: readonly Rgb[],
  { wanted, scale }: { wanted: readonly Rgb[]; scale: number },
): Promise<Nearness> {
  const each: Nearness[] = [];
  for (const [i, frame] of frames.entries()) {
    const [large, result] = [wanted[i] as Rgb, await enlarge(frame)];
    each.push({ decibels: psnr(large, result, scale), ssim: ssim(large, result) });
  }
  return { decibels: mean(each.map((one) => one.decibels)), ssim: mean(each.map((one) => one.ssim)) };
}
