import type { Context, Converter, Shape } from './context.js';
import { type Extent, grown } from './extent.js';

/** In place of a start or an end: up to the edge. */
const EDGE = -233;
/** ONNX takes an end beyond the edge for the edge. */
const BEYOND = 2 ** 31 - 1;
const MOST_CROPPED = 4096;

/** Channels, rows, columns: as ncnn numbers the directions, and where ONNX has them. */
type Axis = 0 | 1 | 2;
const ONNX_AXES = [1, 2, 3];

/**
 * How much is cut off; an end of 0 or below counts from the far edge, which is all that is supported for rows and
 * columns.
 */
interface Cut {
  axis: Axis;
  start: number;
  end: number;
}

function crop(layer: Context): Shape {
  if (layer.inputs.length === 2) return cropToReference(layer);
  const cuts = layer.params.has(9) ? listedCuts(layer) : offsetCuts(layer);
  const { first } = layer;
  layer.node('Slice', [
    first.name,
    layer.list(
      'starts',
      cuts.map(({ start }) => start),
    ),
    layer.list(
      'ends',
      cuts.map(({ end }) => (end === 0 ? BEYOND : end)),
    ),
    layer.list(
      'axes',
      cuts.map(({ axis }) => ONNX_AXES[axis] as number),
    ),
  ]);
  const shape: Shape = { ...first };
  for (const { axis, start, end } of cuts) {
    if (axis === 0) shape.channels = keptChannels(layer, start, end);
    else if (axis === 1) shape.height = grown(shape.height, end - start);
    else shape.width = grown(shape.width, end - start);
  }
  return shape;
}

function keptChannels(layer: Context, start: number, end: number): number {
  const { channels } = layer.first;
  const kept = (end > 0 ? Math.min(end, channels) : channels + end) - start;
  if (kept < 1) throw layer.params.unsupported(9, start);
  return kept;
}

/** Slices as in numpy: parameters 9 to 11 list where they start, where they end, and in which direction. */
function listedCuts({ params }: Context): Cut[] {
  const axes = params.list(11, 3);
  const starts = params.numbers(9, axes.length) ?? [];
  const ends = params.numbers(10, axes.length) ?? [];
  if (new Set(axes.map((axis) => (axis + 3) % 3)).size !== axes.length) throw params.unsupported(11, axes);
  return axes.map((axis, i) => {
    if (![-3, -2, -1, 0, 1, 2].includes(axis)) throw params.unsupported(11, axes);
    const start = starts[i] === EDGE ? 0 : (starts[i] as number);
    const end = ends[i] === EDGE ? 0 : (ends[i] ?? Number.NaN);
    const mostEnd = (axis + 3) % 3 === 0 ? MOST_CROPPED : 0;
    if (!isWithin(start, 0, MOST_CROPPED)) throw params.unsupported(9, starts);
    if (!isWithin(end, -MOST_CROPPED, mostEnd)) throw params.unsupported(10, ends);
    return { axis: ((axis + 3) % 3) as Axis, start, end };
  });
}

const isWithin = (value: number, least: number, most: number): boolean =>
  Number.isInteger(value) && value >= least && value <= most;

/**
 * Offsets from both edges: parameters 0 to 2 and 6 to 8, in the order columns, rows, channels; 3 to 5 ask for what is
 * left between them.
 */
function offsetCuts({ params }: Context): Cut[] {
  return ([2, 1, 0] as const).flatMap((axis, i) => {
    const start = params.integer(i, 0, 0, MOST_CROPPED);
    const end = -params.integer(6 + i, 0, 0, MOST_CROPPED);
    if (params.number(3 + i, 0) === EDGE) return [{ axis, start, end: end === 0 ? 0 : end }];
    // A size that the result must have; and without any, what the offsets mean depends on ncnn's version.
    params.expectUnset(i, 3 + i, 6 + i);
    return [];
  });
}

/** As large as the second blob, at an offset from the top and left. */
function cropToReference(layer: Context): Shape {
  const { params, inputs, first } = layer;
  const [left = 0, top = 0] = [0, 1].map((id) => params.integer(id, 0, 0, MOST_CROPPED));
  params.expectUnset(2);
  const shape = layer.sameChannels();
  const reference = inputs[1] as { name: string; height: Extent; width: Extent };
  const starts = layer.list('starts', [top, left]);
  const size = layer.node('Shape', [reference.name], { start: 2, end: 4 }, layer.inner('size'));
  const ends = layer.node('Add', [starts, size], {}, layer.inner('ends'));
  layer.node('Slice', [first.name, starts, ends, layer.list('axes', [2, 3])]);
  return { channels: shape.channels, height: reference.height, width: reference.width };
}

export const crops: [string, Converter][] = [['Crop', { reads: [1, 2], append: crop }]];
