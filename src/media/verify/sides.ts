import type { SourceInfo } from '../../job/source.js';
import { argv } from '../../lib/argv.js';
import { deliverableColor } from '../picture/color.js';
import { cropFilter, type Size } from '../picture/cropWindow.js';
import { SWS_MATRIX } from '../picture/deliverable.js';
import { checkPts, type FrameSource, frameArgs, inputFrom, printPts } from '../picture/frameSource.js';
import { aspectOf, type StillsRequest, selectFrames, stillsArgs } from './stills.js';
import { COUNTED, type Samples, thumbnailArgs, toYuv444 } from './thumbnails.js';

/** One of two videos that are compared: how its frames are decoded, and what their samples mean. */
export interface Side {
  /** Up to and including `-map` and `-fps_mode passthrough`. */
  input: string[];
  /** The head of the filters; prints every frame's timestamp. */
  filters: string[];
  samples: Samples;
  /** Width of the shown picture to its height. */
  aspect: number;
  /** Called for each frame. @throws when it cannot be the right one. */
  onPts: (pts: number) => void;
}

/**
 * Filters that leave out the column and the line which an odd size got to become even: they have no counterpart in the
 * source.
 */
export function withoutRepeatedEdge(file: Size, source: Size): string[] {
  const scale = Math.floor(file.width / source.width);
  const [width, height] = [scale * source.width, scale * source.height];
  const beyond = [file.width - width, file.height - height];
  const repeated = beyond.every((lines) => lines === 0 || lines === 1) && beyond.includes(1);
  return repeated ? [cropFilter({ x: 0, y: 0, width, height })] : [];
}

/** The frames `[start, end)` of a job's source, each of which must come with its timestamp. Default: all. */
export function sourceSide(source: FrameSource, start = 0, end = source.pts.length): Side {
  let frame = start;
  return {
    ...frameArgs(source, start, end),
    samples: samplesOf(source.info, matrixOf(source.info)),
    aspect: aspectOf(source.info.video),
    onPts: (pts) => {
      checkPts(source, frame++, [pts]);
    },
  };
}

/** All frames that one straight decode of a file gives. @param used filters that leave only a part of them. */
export const fileSide = (
  file: string,
  stream: number,
  samples: Samples,
  aspect: number,
  onPts: (pts: number) => void,
  used: string[] = [],
): Side => ({
  input: inputFrom(file, stream, undefined),
  filters: [...used, ...printPts()],
  samples,
  aspect,
  onPts,
});

export const samplesOf = (info: SourceInfo, common: string): Samples => ({
  range: info.video.color.range,
  matrix: matrixOf(info),
  common,
});

/** The matrix of a video's deliverable, in which both sides are compared. */
export const matrixOf = (info: SourceInfo): string => SWS_MATRIX[deliverableColor(info).matrix];

/** The whole command that decodes a side once: thumbnails to stdout, and stills where they are asked for. */
export function sideArgs({ input, filters, samples, aspect }: Side, stills: StillsRequest | undefined): string[] {
  const thumbnails = [...input, ...thumbnailArgs(filters, samples)];
  return stills === undefined ? thumbnails : [...thumbnails, ...stillsOf({ input, filters, samples, aspect }, stills)];
}

/** The command that decodes a side only as far as its last still. */
export const onlyStillsArgs = (side: Side, stills: StillsRequest): string[] => [
  ...side.input.slice(0, side.input.indexOf('-map')),
  ...stillsOf(side, stills),
];

/** Every output of a run names its own stream; only one of them prints timestamps. */
const stillsOf = ({ input, filters, samples, aspect }: Omit<Side, 'onPts'>, stills: StillsRequest): string[] =>
  stillsArgs(stills, input.slice(input.indexOf('-map')), silent(filters), samples, aspect);

const silent = (filters: readonly string[]): string[] => filters.filter((filter) => !printPts().includes(filter));

/**
 * The command that writes some frames of a side to stdout, ascending: planes Y, U and V of 4:4:4 in full range, one
 * byte a sample, brought to a size by the mean of what each pixel covers.
 */
export const picturesArgs = (
  { input, filters, samples }: Side,
  frames: readonly number[],
  { width, height }: Size,
): string[] => [
  ...input,
  '-vf',
  [...silent(filters), selectFrames(frames), toYuv444(width, height, samples), ...COUNTED].join(','),
  ...argv`-enc_time_base 1:25 -frames:v ${frames.length} -f rawvideo pipe:1`,
];
