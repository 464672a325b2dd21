import type { BitDepth } from '../../job/pictureSpec.js';
import type { SourceInfo } from '../../job/source.js';
import {
  type Color,
  DELIVERED_PIXELS,
  deliverableColor,
  fromPlanarRgb,
  PLANAR_RGB,
  toPlanarRgb,
  toYuv444,
  YUV420,
  YUV444,
  ZIMG_MATRIX,
} from './color.js';
import { cropFilter, type Size, type Window } from './cropWindow.js';
import { padToEven, padYuv420ToEven, scaleFilter } from './deliverable.js';
import { toYuv420 } from './luma.js';
import { type SideBySide, sideBySideInputs } from './sideBySide.js';

/**
 * What goes around a network that sees RGB, as differences in Y, Cb and Cr from the source, biased by half a sample's
 * range:
 * - `gamut`: of samples that RGB cannot hold, what it cuts off;
 * - `all`: that, what chroma loses on its way to RGB's resolution and back, and what rounding costs. Only for a
 *   network that does not
 *   enlarge: chroma of larger pictures keeps what is lost here.
 */
export type Residual = 'gamut' | 'all';

/**
 * @param resized whether the network's pictures are brought to another size. @returns undefined where nothing is lost.
 */
export function residualFor({ video }: SourceInfo, scale: number, resized: boolean): Residual | undefined {
  if (video.color.matrix === 'rgb') return undefined;
  return scale === 1 && !resized ? 'all' : 'gamut';
}

/**
 * Filters from the source's pixels to six planes of one size, one below the other in a grey picture: G, B and R as
 * {@link toPlanarRgb} gives them, and what is carried around the network in Y, Cb and Cr.
 */
export function withResidual(info: SourceInfo, bits: 8 | 16, residual: Residual, window?: Window): string[] {
  const { video } = info;
  const { width, height, color } = video;
  const crop = window ? [cropFilter(window)] : [];
  const [source, again] =
    residual === 'gamut'
      ? [
          toYuv444(video),
          [`zscale=min=gbr:rin=full:m=${ZIMG_MATRIX[color.matrix]}:r=${color.range}`, `format=${YUV444[16]}`],
        ]
      : [
          [...toYuv420(info, bits), ...padYuv420ToEven(width, height, YUV420[bits])],
          [...padToEven(width, height), ...fromPlanarRgb(color, bits, bits)],
        ];
  const toPlanes =
    residual === 'all' ? repeatChroma(color, { width, height }, bits) : bits === 8 ? toEightBits(color) : [];
  return [
    // Pictures that are joined are found by their times, which the source may have in any order.
    'settb=1/25',
    'setpts=N',
    `split[source][convert];[source]${source.join(',')}[is];` +
      `[convert]${toPlanarRgb(video, bits).join(',')},split[rgb][return];[return]${again.join(',')}[back];` +
      `[is][back]${['blend=all_mode=grainextract', ...toPlanes, ...crop].join(',')},` +
      'extractplanes=y+u+v[y][cb][cr];' +
      `[rgb]${[...crop, 'extractplanes=r+g+b'].join(',')}[r][g][b];[g][b][r][y][cb][cr]vstack=inputs=6`,
  ];
}

/**
 * Differences of 16 bits as those of 8. Rounding to RGB costs less than half a code value of YUV, so what RGB holds
 * becomes 0. They are scaled as limited range is, whose middle is the middle of both.
 */
const toEightBits = ({ matrix }: Color): string[] => [
  `zscale=min=${ZIMG_MATRIX[matrix]}:m=${ZIMG_MATRIX[matrix]}:rin=limited:r=limited`,
  `format=${YUV444[8]}`,
];

/** Each chroma sample as a square of four, so that all planes have one size, that of the source. */
const repeatChroma = (color: Color, { width, height }: Size, bits: 8 | 16): string[] => [
  chromaOfSquares(color),
  `format=${YUV444[bits]}`,
  cropFilter({ x: 0, y: 0, width, height }),
];

/** Between 4:2:0 and squares of four equal samples: nearest neighbours, seen from the middle of the square. */
const chromaOfSquares = ({ matrix, range }: Color): string =>
  `zscale=min=${ZIMG_MATRIX[matrix]}:m=${ZIMG_MATRIX[matrix]}:rin=${range}:r=${range}:cin=center:c=center:f=point`;

/** The inputs of {@link addResidual}: enlarged RGB from one pipe, what was carried from another. */
export const residualInputs = (merge: SideBySide, framerate: string, [rgb, residual]: [string, string]): string[] =>
  sideBySideInputs(
    merge,
    framerate,
    { format: PLANAR_RGB[merge.bitDepth], pipe: rgb },
    { format: YUV444[merge.bitDepth], pipe: residual },
  );

/**
 * The filter graph that adds what was carried, enlarged by the filter that the bicubic method uses, to the network's
 * pictures once they are YUV again. Its output `[v]` is 4:2:0 in the deliverable's colours; deeper samples are
 * dithered, the edge of an odd size is repeated.
 */
export function addResidual(
  info: SourceInfo,
  { width, height, scale, bitDepth, resize, residual }: SideBySide & { residual: Residual },
  delivered: BitDepth,
): string {
  const color = deliverableColor(info);
  const format = YUV420[bitDepth];
  const [wide, high] = [width * scale, height * scale];
  const network = [...(resize ? [] : padToEven(wide, high)), ...fromPlanarRgb(color, bitDepth, bitDepth, resize)];
  const small: SourceInfo = {
    ...info,
    video: { ...info.video, width, height, color, pixelFormat: YUV444[bitDepth], bitDepth },
  };
  const enlarged =
    residual === 'gamut'
      ? [
          scaleFilter(small, { name: 'bicubic', scale, size: resize }),
          ...(resize ? [] : padYuv420ToEven(wide, high, format)),
        ]
      : [...padToEven(wide, high), chromaOfSquares(color)];
  const sum = [
    'blend=all_mode=grainmerge',
    ...(bitDepth === 16 ? [`zscale=rin=${color.range}:r=${color.range}:d=error_diffusion`] : []),
    `format=${DELIVERED_PIXELS[delivered]}`,
  ];
  return (
    `[0:v]${network.join(',')}[network];[1:v]${[...enlarged, `format=${format}`].join(',')}[carried];` +
    `[network][carried]${sum.join(',')}[v]`
  );
}
