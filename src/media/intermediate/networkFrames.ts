import type { BitDepth } from '../../job/pictureSpec.js';
import type { SourceInfo } from '../../job/source.js';
import type { Pixels } from '../../job/spec.js';
import { argv } from '../../lib/argv.js';
import { SIDE_FD } from '../ffmpeg/runFfmpeg.js';
import { deliverableColor, fromPlanarRgb, LOSSLESS_RANGE, PLANAR_RGB, toPlanarRgb } from '../picture/color.js';
import { cropFilter, type Size, type Window } from '../picture/cropWindow.js';
import { deliverableTags, padToEven } from '../picture/deliverable.js';
import { type FrameSource, frameArgs } from '../picture/frameSource.js';
import { lumaInputs, mergeLuma, toYuv420 } from '../picture/luma.js';
import { addResidual, type Residual, residualInputs, withResidual } from '../picture/outOfGamut.js';

/** What passes through the pipes between ffmpeg and a network. */
export interface FrameFormat {
  pixels: Pixels;
  /** Of a sample; 16 bits are little-endian. */
  bitDepth: 8 | 16;
  /** What goes around the network, of `rgb`. Default: nothing. */
  residual?: Residual | undefined;
}

/** Deeper sources keep all their bits until the mezzanine, and deeper results get what the network adds. */
export const formatFor = (info: SourceInfo, pixels: Pixels, delivered: BitDepth = 8): FrameFormat => ({
  pixels,
  bitDepth: info.video.bitDepth > 8 || delivered > 8 ? 16 : 8,
});

/** The mezzanine's codec: the fastest lossless ones. FFVhuff's usual prediction takes a third more. */
const MEZZANINE: Record<BitDepth, string[]> = { 8: ['utvideo'], 10: ['ffvhuff', '-pred', 'median'] };

/**
 * The whole command that writes the frames `[start, end)` to stdout, upright; their timestamps go to fd 3. Samples
 * that are deeper than the format are dithered, alpha is dropped. For each frame:
 * - `rgb`: the planes G, B and R of `width * height` samples, full range; behind them three more where something is
 *   carried;
 * - `luma`: 4:2:0 in the deliverable's colours, the planes Y, U and V; the chroma planes are half as large, rounded
 *   up.
 * @param window what is cut out of each picture after its conversion; even sides for `luma`. Default: all of it.
 */
export function decodeToPlanarArgs(
  source: FrameSource,
  start: number,
  end: number,
  { pixels, bitDepth, residual }: FrameFormat,
  window?: Window,
): string[] {
  const { input, filters } = frameArgs(source, start, end);
  const convert = pixels === 'rgb' ? toPlanarRgb(source.info.video, bitDepth) : toYuv420(source.info, bitDepth);
  const planes = residual
    ? withResidual(source.info, bitDepth, residual, window)
    : [...convert, ...(window ? [cropFilter(window)] : [])];
  return [...input, '-vf', [...filters, ...planes].join(','), '-f', 'rawvideo', 'pipe:1'];
}

/**
 * The command, but for the output's path, that writes enlarged pictures losslessly as the deliverable's 4:2:0: colour
 * is converted here and nowhere else. An odd edge is repeated once, since 4:2:0 needs even sizes.
 * - `rgb`: it reads pictures as {@link decodeToPlanarArgs} writes them, but enlarged, from stdin; and what is carried,
 *   where something is, as it
 *   was decoded from the pipe SIDE_FD;
 * - `luma`: it reads enlarged luma planes from stdin, and beside them, from the pipe SIDE_FD, the pictures as they
 *   were decoded.
 * @param size of the pictures that were decoded.
 * @param delivered bits of a sample in the deliverable, 8 by default; where the format is deeper, samples are
 * dithered.
 * @param resize what the enlarged pictures are brought to, in the same conversion; even sides. Default: they stay as
 * large as they are.
 */
export function mezzanineArgs(
  info: SourceInfo,
  format: FrameFormat,
  size: Size,
  scale: number,
  delivered: BitDepth = 8,
  resize?: Size,
): string[] {
  const { frameRate } = info.video;
  const framerate = `${frameRate.num}/${frameRate.den}`;
  const { matrix, primaries, transfer } = deliverableTags(info);
  // Pictures are tagged by a filter: of an encoder's own options ffmpeg 7 makes a conversion.
  const tagged = `${LOSSLESS_RANGE}:color_primaries=${primaries}:color_trc=${transfer}:colorspace=${matrix}`;
  const color = deliverableColor(info);
  const { pixels, bitDepth, residual } = format;
  const merge = { ...size, scale, bitDepth, resize };
  const pipes: [string, string] = ['pipe:0', `pipe:${SIDE_FD}`];
  const [width, height] = [size.width * scale, size.height * scale];
  const plain = (): string[] => [
    ...argv`
      -f rawvideo -pixel_format ${PLANAR_RGB[bitDepth]} -video_size ${width}x${height} -framerate ${framerate}
      -i pipe:0
    `,
    '-vf',
    [...(resize ? [] : padToEven(width, height)), ...fromPlanarRgb(color, bitDepth, delivered, resize), tagged].join(
      ',',
    ),
  ];
  const joined = (graph: string): string[] => ['-filter_complex', `${graph};[v]${tagged}[tagged]`, '-map', '[tagged]'];
  const pictures =
    pixels === 'luma'
      ? [...lumaInputs(merge, framerate, pipes), ...joined(mergeLuma(info, merge, delivered))]
      : residual
        ? [...residualInputs(merge, framerate, pipes), ...joined(addResidual(info, { ...merge, residual }, delivered))]
        : plain();
  return [...pictures, '-fps_mode', 'passthrough', '-c:v', ...MEZZANINE[delivered], '-f', 'nut', '-y'];
}
