import type { SourceInfo, SourceScan } from '../../job/source.js';
import { argv } from '../../lib/argv.js';
import { ContentFailure } from '../../lib/errors.js';
import { parseRational, type Rational, toNumber } from '../../lib/rational.js';
import { runFfprobe } from '../ffmpeg/runFfprobe.js';
import { sourceInput } from '../ffmpeg/tools.js';

type Shapes = NonNullable<SourceScan['shapes']>;

/**
 * Formats whose streams carry their parameters along, so that they may change: broadcasts and what was cut from them,
 * and raw streams.
 */
const MAY_CHANGE = /^(mpegts|mpeg|mpegvideo|h264|hevc)$/;
/** Stretches that are told one by one. */
const MOST_TOLD = 3;

/**
 * Decodes the keyframes alone and looks for changes of the pictures' size, or of the shape of their pixels: decoders
 * take new parameters at keyframes only.
 * @returns each stretch with the time at which it begins, in seconds of the stream's clock; undefined where nothing
 * changes.
 */
export async function findShapes(
  file: string,
  info: SourceInfo,
  signal: AbortSignal | undefined,
): Promise<Shapes | undefined> {
  if (!MAY_CHANGE.test(info.format)) return undefined;
  const shapes: Shapes = [];
  const onLine = (line: string): void => {
    const [, pts = '', width, height, shape = ''] = line.split(',');
    const next = {
      seconds: Number(pts) * toNumber(info.video.timebase),
      width: Number(width),
      height: Number(height),
      sampleAspectRatio: parseRational(shape.replace(':', '/')) ?? { num: 1, den: 1 },
    };
    const last = shapes.at(-1);
    if (next.width > 0 && next.height > 0 && Number.isFinite(next.seconds) && !(last && same(last, next)))
      shapes.push(next);
  };
  const entries = 'frame=best_effort_timestamp,width,height,sample_aspect_ratio';
  try {
    await runFfprobe(
      argv`
        -skip_frame nokey -select_streams ${info.video.index} -show_entries ${entries} -of csv ${sourceInput(file)}
      `,
      { signal, onLine },
    );
  } catch (error) {
    // What does not decode is told by who decodes it all.
    if (!(error instanceof ContentFailure)) throw error;
  }
  return shapes.length > 1 ? shapes : undefined;
}

interface Shape {
  width: number;
  height: number;
  sampleAspectRatio: Rational;
}

const sameSize = (a: Shape, b: Shape): boolean => a.width === b.width && a.height === b.height;
const same = (a: Shape, b: Shape): boolean =>
  sameSize(a, b) && toNumber(a.sampleAspectRatio) === toNumber(b.sampleAspectRatio);

/** Frames of another size need a pass that brings all to one. */
export const sizeChanges = (shapes: Shapes | undefined): boolean =>
  shapes?.some((each) => !sameSize(each, shapes[0] as Shape)) ?? false;

/** What the user should know, in one line. */
export function describeShapes(shapes: Shapes): string {
  const [first, ...others] = shapes as [Shapes[number], ...Shapes];
  const told = others
    .slice(0, MOST_TOLD)
    .map((each) => `${(each.seconds - first.seconds).toFixed(1)} s on ${describe(each)}`);
  const more = others.length > MOST_TOLD ? ` and ${others.length - MOST_TOLD} more` : '';
  return (
    `the shape of the pictures changes: ${describe(first)}, from ${told.join(', from ')}${more}; ` +
    'all are shown as the first ones, so that others may look squeezed'
  );
}

const describe = ({ width, height, sampleAspectRatio: { num, den } }: Shape): string =>
  `${width}x${height} with pixels of ${num}:${den}`;
