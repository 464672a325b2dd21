import type { BitDepth } from '../../job/pictureSpec.js';
import type { SourceInfo } from '../../job/source.js';
import { DELIVERED_PIXELS, deliverableColor } from './color.js';
import { chromaStep, frameSize } from './crop.js';

/** Width and height of the deliverable: 4:2:0 needs even sizes, so an odd edge is repeated once. */
export function deliverableSize(
  { width, height }: { width: number; height: number },
  scale: number,
): { width: number; height: number } {
  const even = (n: number): number => n + (n % 2);
  return { width: even(width * scale), height: even(height * scale) };
}

/**
 * Repeats the right and bottom edge of pictures of an odd size, in a format without subsampling; nothing for even
 * ones.
 */
export function padToEven(width: number, height: number): string[] {
  const [right, bottom] = [width % 2, height % 2];
  if (right + bottom === 0) return [];
  return [`pad=${width + right}:${height + bottom}`, `fillborders=right=${right}:bottom=${bottom}:mode=smear`];
}

/**
 * The same for any pictures, which become 4:2:0 of the given format. Its chroma planes are rounded up and have their
 * size already; the pad filter would cut off an odd edge of theirs and of luma before it adds one.
 */
export function padYuv420ToEven(width: number, height: number, pixelFormat = 'yuv420p'): string[] {
  const pad = padToEven(width, height);
  if (pad.length === 0) return [];
  const format = `format=${pixelFormat}`;
  return [format, `extractplanes=y+u+v[y][cb][cr];[y]${pad.join(',')}[even];[even][cb][cr]${MERGE_PLANES}:${format}`];
}

/** Planes of one picture, each an input of its own: the filter gives all its inputs one format. */
export const MERGE_PLANES = 'mergeplanes=map0s=0:map1s=1:map2s=2';

/** How a filter enlarges: by a number, or to a size of even sides. */
export interface FilterScaling {
  name: 'bicubic' | 'lanczos';
  scale: number;
  /** Instead of the scale. */
  size?: { width: number; height: number } | undefined;
}

/**
 * The filters that enlarge a source's pictures to the deliverable's size and format. Where that has fewer bits, they
 * are dithered.
 */
export function enlargeFilters(info: SourceInfo, method: FilterScaling, bitDepth: BitDepth = 8): string[] {
  const delivered = `format=${DELIVERED_PIXELS[bitDepth]}`;
  const pad = (format: string): string[] =>
    method.size ? [] : padYuv420ToEven(info.video.width * method.scale, info.video.height * method.scale, format);
  // swscale dithers to 8 bits by itself, to 10 it rounds.
  if (bitDepth === 8 || info.video.bitDepth <= bitDepth)
    return [scaleFilter(info, method), ...pad(DELIVERED_PIXELS[bitDepth]), delivered];
  const { range } = deliverableColor(info);
  return [
    scaleFilter(info, method),
    ...pad('yuv420p16le'),
    'format=yuv420p16le',
    `zscale=rin=${range}:r=${range}:d=error_diffusion`,
    delivered,
  ];
}

/** By ffmpeg's names. */
export interface DeliverableTags {
  matrix: string;
  primaries: string;
  transfer: string;
  range: 'tv' | 'pc';
}

/**
 * The tags that the deliverable carries: the source's, and where it has none those that players assume for a picture
 * of the source's size. The deliverable is larger, so they would assume something else for it.
 */
export function deliverableTags(info: SourceInfo): DeliverableTags {
  const { matrix, range, tags } = deliverableColor(info);
  const sd = frameSize(info.video).height > 486 ? 'bt470bg' : 'smpte170m';
  const assumed = {
    bt601: { matrix: sd, primaries: sd, transfer: 'bt709' },
    bt709: { matrix: 'bt709', primaries: 'bt709', transfer: 'bt709' },
    bt2020nc: { matrix: 'bt2020nc', primaries: 'bt2020', transfer: 'bt2020-10' },
    rgb: { matrix: 'bt709', primaries: 'bt709', transfer: 'bt709' },
  }[matrix];
  return {
    matrix: tags.matrix ?? assumed.matrix,
    primaries: tags.primaries ?? assumed.primaries,
    transfer: tags.transfer ?? assumed.transfer,
    range: range === 'full' ? 'pc' : 'tv',
  };
}

/** The encoders' numbers for where chroma lies. */
export const CHROMA_LOCATION = { left: 0, center: 1, topleft: 2 } as const;

/** Of 4:2:0. */
const CHROMA_POSITION = { left: [0, 128], center: [128, 128], topleft: [0, 0] } as const;

/** Where a format's chroma samples lie, as swscale counts: in 1/256 of a luma pixel, across and down. */
export function chromaPosition(
  pixelFormat: string,
  location: keyof typeof CHROMA_POSITION,
): [across: number, down: number] {
  const [x, y] = CHROMA_POSITION[location];
  const [across, down] = chromaStep(pixelFormat);
  // A direction without subsampling has its chroma on the luma, whatever the location says.
  return [across > 1 ? x : 0, down > 1 ? y : 0];
}

/** Names of the matrices in libswscale. */
export const SWS_MATRIX = { bt601: 'smpte170m', bt709: 'bt709', bt2020nc: 'bt2020', rgb: 'bt709' } as const;

/**
 * The scale filter to 4:2:0, with nothing left to guess: chroma lies in the result where it lay in the source, and
 * matrix and range are the same on both sides, unless the source is RGB. Where the format behind it has fewer bits,
 * swscale dithers; without `accurate_rnd` it would then darken all by 0.07 of a code value.
 */
export function scaleFilter(info: SourceInfo, { name, scale, size }: FilterScaling): string {
  const { color, pixelFormat } = info.video;
  const { width, height } = size ?? { width: info.video.width * scale, height: info.video.height * scale };
  const to = deliverableColor(info);
  const [across, down] = chromaPosition(pixelFormat, to.chromaLocation);
  const [x, y] = chromaPosition('yuv420p', to.chromaLocation);
  return [
    `scale=w=${width}:h=${height}:flags=${name}+accurate_rnd`,
    `in_h_chr_pos=${across}:in_v_chr_pos=${down}:out_h_chr_pos=${x}:out_v_chr_pos=${y}`,
    `in_color_matrix=${SWS_MATRIX[color.matrix]}:out_color_matrix=${SWS_MATRIX[to.matrix]}`,
    `in_range=${color.range}:out_range=${to.range}`,
  ].join(':');
}
