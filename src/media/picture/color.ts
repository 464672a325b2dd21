import type { BitDepth } from '../../job/pictureSpec.js';
import type { SourceInfo } from '../../job/source.js';
import { UserError } from '../../lib/errors.js';
import { frameSize } from './crop.js';

export type Color = SourceInfo['video']['color'];

/**
 * What ffprobe says of a stream's colours; `unknown`, `unspecified`, `reserved` or nothing where the stream has no
 * tag.
 */
export interface ColorTags {
  pix_fmt: string;
  color_space?: string | undefined;
  color_range?: string | undefined;
  color_primaries?: string | undefined;
  color_transfer?: string | undefined;
  chroma_location?: string | undefined;
}

const tagged = (tag: string | undefined): string | undefined =>
  tag && !['unknown', 'unspecified', 'reserved'].includes(tag) ? tag : undefined;

/** Constant-luminance BT.2020, SMPTE 240M and FCC are read as their nearest neighbours, a few code values away. */
const MATRICES: Record<string, Color['matrix']> = {
  bt709: 'bt709',
  smpte240m: 'bt709',
  smpte170m: 'bt601',
  bt470bg: 'bt601',
  fcc: 'bt601',
  bt2020nc: 'bt2020nc',
  bt2020c: 'bt2020nc',
  gbr: 'rgb',
};

/** What untagged video of this size means by custom: players take HD for BT.709 and anything smaller for BT.601. */
const customaryMatrix = (width: number, height: number): 'bt601' | 'bt709' =>
  width >= 1280 || height > 576 ? 'bt709' : 'bt601';

export const isRgb = (pixelFormat: string): boolean =>
  /^(gbra?p|x?rgb|x?bgr|argb|abgr|[0x]rgb|[0x]bgr|pal8|monow|monob)/.test(pixelFormat);

/**
 * Decides every value that a conversion needs, from tags where there are any.
 * @throws UserError for a matrix that has no conversion here.
 */
export function readColor(tags: ColorTags, width: number, height: number): Color {
  const matrix = tagged(tags.color_space);
  const primaries = tagged(tags.color_primaries);
  const transfer = tagged(tags.color_transfer);
  const rgb = isRgb(tags.pix_fmt);
  const known = matrix === undefined ? assumedMatrix({ primaries, transfer }, width, height) : MATRICES[matrix];
  if (!rgb && (known === undefined || known === 'rgb'))
    throw new UserError(`the colour matrix ${matrix} is not supported; convert the video to BT.709 first`);
  return {
    matrix: rgb ? 'rgb' : (known ?? 'rgb'),
    range: rgb || tags.color_range === 'pc' || tags.pix_fmt.startsWith('yuvj') ? 'full' : 'limited',
    chromaLocation: readChromaLocation(tagged(tags.chroma_location)),
    tags: { ...(matrix && { matrix }), ...(primaries && { primaries }), ...(transfer && { transfer }) },
  };
}

/** BT.2020 where another tag tells of it. */
const assumedMatrix = (
  tags: { primaries?: string | undefined; transfer?: string | undefined },
  width: number,
  height: number,
): 'bt601' | 'bt709' | 'bt2020nc' =>
  tags.primaries === 'bt2020' || hdrTransfer(tags) !== undefined ? 'bt2020nc' : customaryMatrix(width, height);

function readChromaLocation(tag: string | undefined): Color['chromaLocation'] {
  if (tag === 'center' || tag === 'top' || tag === 'bottom') return 'center';
  return tag === 'topleft' ? 'topleft' : 'left';
}

/** Colours of the YUV made of a source: its own, except that RGB becomes what its size means by custom. */
export function deliverableColor(info: SourceInfo): Color {
  const { color } = info.video;
  const { width, height } = frameSize(info.video);
  if (color.matrix !== 'rgb') return color;
  const { primaries, transfer } = color.tags;
  const tags = { ...(primaries && { primaries }), ...(transfer && { transfer }) };
  return { matrix: assumedMatrix(tags, width, height), range: 'limited', chromaLocation: 'left', tags };
}

const HDR_TRANSFERS: Record<string, 'PQ' | 'HLG'> = { smpte2084: 'PQ', 'arib-std-b67': 'HLG' };

/** Which of the two HDR transfer functions a video is tagged with; undefined for SDR. */
export const hdrTransfer = ({ transfer }: { transfer?: string | undefined }): 'PQ' | 'HLG' | undefined =>
  transfer === undefined ? undefined : HDR_TRANSFERS[transfer];

/** Bits of one sample, read off the pixel format's name. */
export function bitDepth(pixelFormat: string): number {
  const planar = /^(?:yuva?4\d\dp|gbra?p|gray|ya|p[0-4]|y2|xyz)(9|1[0246])(?:le|be)/.exec(pixelFormat);
  if (planar) return Number(planar[1]);
  if (/^x2(rgb|bgr)10/.test(pixelFormat)) return 10;
  return /^(rgb|bgr)48|^(rgba|bgra)64/.test(pixelFormat) ? 16 : 8;
}

/** Names of the matrices in libzimg. */
export const ZIMG_MATRIX: Record<Color['matrix'], string> = {
  bt601: '170m',
  bt709: '709',
  bt2020nc: '2020_ncl',
  rgb: 'gbr',
};
/** Names of the matrices in libswscale. */
const SWS_MATRIX: Record<Color['matrix'], string> = {
  bt601: 'smpte170m',
  bt709: 'bt709',
  bt2020nc: 'bt2020',
  rgb: 'bt709',
};
/** Position of a chroma sample in 1/256 of a luma sample, to the right and down. */
const CHROMA_POSITION = { left: [0, 128], center: [128, 128], topleft: [0, 0] } as const;

/** Pixel formats of planar RGB by the bits of a sample; planes in the order G, B, R. */
export const PLANAR_RGB = { 8: 'gbrp', 16: 'gbrp16le' } as const;

/** Planar YUV by the bits of a sample, with chroma of half the size and of full size. */
export const YUV420 = { 8: 'yuv420p', 16: 'yuv420p16le' } as const;
export const YUV444 = { 8: 'yuv444p', 16: 'yuv444p16le' } as const;

/**
 * The last filter before a lossless encoder. ffmpeg 7 holds these for encoders of limited range alone, and converts
 * pictures that are tagged as full range. The tag is read nowhere: readers of such files give the range themselves.
 */
export const LOSSLESS_RANGE = 'setparams=range=tv';

/** What the encoder gets, 4:2:0 always, by ffmpeg's names. */
export const DELIVERED_PIXELS: Record<BitDepth, string> = { 8: 'yuv420p', 10: 'yuv420p10le' };

/**
 * libzimg refuses sizes that the chroma planes do not divide; formats with alpha or without chroma take another way.
 */
export const fitsZimg = ({ pixelFormat, width, height }: SourceInfo['video']): boolean =>
  /^yuvj?4(20|22|44)p/.test(pixelFormat) && width % 2 === 0 && height % 2 === 0;

/**
 * Filters from the source's pixels to planar RGB, full range. Nothing is left to a guess: matrix, range and chroma
 * position are all given. Alpha is dropped; samples that are deeper than the result are dithered.
 */
export function toPlanarRgb(video: SourceInfo['video'], bits: 8 | 16 = 8): string[] {
  const { color } = video;
  const format = `format=${PLANAR_RGB[bits]}`;
  if (color.matrix === 'rgb') return [`scale=w=${video.width}:h=${video.height}`, format];
  if (!fitsZimg(video)) return [`${fullChroma(video)}:out_range=full:sws_dither=ed`, format];
  const dither = video.bitDepth > bits ? ':d=error_diffusion' : '';
  // The size is said as well, since a picture may change it in mid-stream.
  return [`zscale=w=${video.width}:h=${video.height}:${zimgFrom(color)}:m=gbr:r=full:f=spline36${dither}`, format];
}

/**
 * The same pictures, but still YUV, of 16 bits: chroma is at luma's resolution by the same filter, and no sample is
 * cut off. Not for RGB sources.
 */
export function toYuv444(video: SourceInfo['video']): string[] {
  const { width, height, color } = video;
  const format = `format=${YUV444[16]}`;
  if (!fitsZimg(video))
    return [`${fullChroma(video)}:out_color_matrix=${SWS_MATRIX[color.matrix]}:out_range=${color.range}`, format];
  return [
    `zscale=w=${width}:h=${height}:${zimgFrom(color)}:m=${ZIMG_MATRIX[color.matrix]}:r=${color.range}:f=spline36`,
    format,
  ];
}

const zimgFrom = ({ matrix, range, chromaLocation }: Color): string =>
  `min=${ZIMG_MATRIX[matrix]}:rin=${range}:cin=${chromaLocation}`;

function fullChroma({ width, height, color, pixelFormat }: SourceInfo['video']): string {
  const [left, down] = CHROMA_POSITION[color.chromaLocation];
  // In a direction that is not subsampled, chroma lies on the luma whatever the location says.
  const h = /4(20|22|11|10)p/.test(pixelFormat) ? left : 0;
  const v = /4(20|40|10)p/.test(pixelFormat) ? down : 0;
  return (
    `scale=w=${width}:h=${height}:in_color_matrix=${SWS_MATRIX[color.matrix]}:` +
    `in_range=${color.range}:in_h_chr_pos=${h}:in_v_chr_pos=${v}` +
    ':flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp'
  );
}

/**
 * The filter from planar RGB to 4:2:0 in the given colours; deeper samples are dithered.
 * @param delivered bits of the result.
 * @param size of the result, with even sides; the RGB may then have any. Default: that of the RGB, which must be even.
 */
export function fromPlanarRgb(
  color: Color,
  bits: 8 | 16,
  delivered: BitDepth | 16,
  size?: { width: number; height: number },
): string[] {
  const resize = size ? `w=${size.width}:h=${size.height}:` : '';
  return [
    `zscale=${resize}min=gbr:rin=full:m=${ZIMG_MATRIX[color.matrix]}:r=${color.range}:` +
      `c=${color.chromaLocation}:f=${size ? 'lanczos' : 'spline36'}${bits > delivered ? ':d=error_diffusion' : ''}`,
    `format=${delivered === 16 ? YUV420[16] : DELIVERED_PIXELS[delivered]}`,
  ];
}
