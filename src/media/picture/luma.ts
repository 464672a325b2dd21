import type { BitDepth } from '../../job/pictureSpec.js';
import type { SourceInfo } from '../../job/source.js';
import { type Color, DELIVERED_PIXELS, deliverableColor, fitsZimg, YUV420, YUV444, ZIMG_MATRIX } from './color.js';
import { MERGE_PLANES, padToEven, scaleFilter } from './deliverable.js';
import { type SideBySide, sideBySideInputs } from './sideBySide.js';

const GRAY = { 8: 'gray', 16: 'gray16le' } as const;

/**
 * Filters from the source's pixels to 4:2:0 of the same size, whose luma goes through a network. Colours are the
 * deliverable's, so of a 4:2:0 source nothing changes; all of them are given. Chroma of an odd size is rounded up.
 */
export function toYuv420(info: SourceInfo, bitDepth: 8 | 16): string[] {
  const { video } = info;
  const format = `format=${YUV420[bitDepth]}`;
  if (!fitsZimg(video)) return [scaleFilter(info, { name: 'bicubic', scale: 1 }), format];
  const { color, width, height } = video;
  const matrix = ZIMG_MATRIX[color.matrix];
  const dither = video.bitDepth > bitDepth ? ':d=error_diffusion' : '';
  return [
    `zscale=w=${width}:h=${height}:min=${matrix}:rin=${color.range}:` +
      `cin=${color.chromaLocation}:m=${matrix}:r=${color.range}:c=${color.chromaLocation}:f=spline36${dither}`,
    format,
  ];
}

/** The inputs of {@link mergeLuma}: enlarged luma from one pipe, the small pictures from another. */
export const lumaInputs = (merge: SideBySide, framerate: string, [luma, small]: [string, string]): string[] =>
  sideBySideInputs(
    merge,
    framerate,
    { format: GRAY[merge.bitDepth], pipe: luma },
    { format: YUV420[merge.bitDepth], pipe: small },
  );

/**
 * The filter graph that joins luma with the chroma of the small pictures, enlarged by the filter that the bicubic
 * method uses. Its output `[v]` is 4:2:0 in the deliverable's colours; deeper samples are dithered, the edge of an odd
 * size is repeated.
 */
export function mergeLuma(
  info: SourceInfo,
  { width, height, scale, bitDepth, resize }: SideBySide,
  delivered: BitDepth,
): string {
  const color = deliverableColor(info);
  const format = YUV420[bitDepth];
  const small: SourceInfo = { ...info, video: { ...info.video, width, height, color, pixelFormat: format, bitDepth } };
  const { range } = color;
  const luma = resize ? resizeGray(resize, color, bitDepth) : padToEven(width * scale, height * scale);
  const merged = [
    `[y][cb][cr]${MERGE_PLANES}:format=${format}`,
    ...(bitDepth === 16 ? [`zscale=rin=${range}:r=${range}:d=error_diffusion`] : []),
    `format=${DELIVERED_PIXELS[delivered]}[v]`,
  ];
  const chroma = [
    scaleFilter(small, { name: 'bicubic', scale, size: resize }),
    `format=${format}`,
    UNNAMED,
    'extractplanes=u+v[cb][cr]',
  ];
  return `[0:v]${luma.join(',') || 'null'}[y];[1:v]${chroma.join(',')};${merged.join(',')}`;
}

/** Where planes name different matrices, ffmpeg 7 converts them, grey as it is, before it merges them. */
const UNNAMED = 'setparams=colorspace=unknown';

/**
 * The zscale filter knows no grey: the picture goes through it as each plane of one without subsampling, so that
 * nothing else converts it.
 */
function resizeGray(
  { width, height }: { width: number; height: number },
  { matrix, range }: Color,
  bitDepth: 8 | 16,
): string[] {
  const format = YUV444[bitDepth];
  const same = `min=${ZIMG_MATRIX[matrix]}:m=${ZIMG_MATRIX[matrix]}:rin=${range}:r=${range}`;
  return [
    `mergeplanes=format=${format}`,
    `zscale=w=${width}:h=${height}:${same}:f=lanczos`,
    `format=${format}`,
    UNNAMED,
    'extractplanes=y',
  ];
}
