import type { CropWindow } from '../../job/pictureSpec.js';
import type { SourceInfo } from '../../job/source.js';
import { argv } from '../../lib/argv.js';
import { ContentFailure } from '../../lib/errors.js';
import { PTS_FD, runFfmpeg } from '../ffmpeg/runFfmpeg.js';
import { sourceInput } from '../ffmpeg/tools.js';
import { chromaStep } from '../picture/crop.js';

/** Places that are looked at, spread evenly over a video, and frames at each. */
const PLACES = 24;
const FRAMES = 3;
/** A video of fewer seconds is looked at as a whole. */
const SHORT = 8;
/**
 * The mean of a line of borders is at most so far above black, in code values of 8 bits: less than most dark scenes
 * have.
 */
const NOISE = 5;
/** Where less than this share of a side is not black, only dark scenes were seen. */
const LEAST_SHARE = 0.4;

type Edges = Record<'x1' | 'x2' | 'y1' | 'y2', number>;
const NOTHING: Edges = { x1: Infinity, x2: -Infinity, y1: Infinity, y2: -Infinity };

/**
 * Finds black borders that no frame of a sample has anything in: all that ffmpeg's cropdetect finds in any of them
 * stays, so that a dark scene cuts nothing off. The rectangle's edges lie on even pixels, outwards.
 * @returns undefined where there are none, or where too little can be seen to tell.
 */
export async function detectCrop(
  file: string,
  info: SourceInfo,
  signal?: AbortSignal,
): Promise<CropWindow | undefined> {
  const { durationSeconds = 0, video } = info;
  if (durationSeconds < SHORT) return windowOf(await edgesFrom(file, video, 0, undefined, signal), video);
  let edges = NOTHING;
  for (let place = 0; place < PLACES; place++) {
    edges = union(edges, await edgesFrom(file, video, (durationSeconds * (place + 0.5)) / PLACES, FRAMES, signal));
  }
  return windowOf(edges, video);
}

/** Of black pictures cropdetect's edges lie the wrong way round. */
const union = (a: Edges, b: Edges): Edges =>
  b.x2 < b.x1 || b.y2 < b.y1
    ? a
    : { x1: Math.min(a.x1, b.x1), x2: Math.max(a.x2, b.x2), y1: Math.min(a.y1, b.y1), y2: Math.max(a.y2, b.y2) };

function windowOf(
  { x1, x2, y1, y2 }: Edges,
  { width, height, pixelFormat }: SourceInfo['video'],
): CropWindow | undefined {
  const [across, down] = chromaStep(pixelFormat).map((step) => Math.max(2, step)) as [number, number];
  const [x, y] = [Math.floor(x1 / across) * across, Math.floor(y1 / down) * down];
  const window = {
    x,
    y,
    width: Math.min(width, Math.ceil((x2 + 1) / across) * across) - x,
    height: Math.min(height, Math.ceil((y2 + 1) / down) * down) - y,
  };
  const tells = window.width >= width * LEAST_SHARE && window.height >= height * LEAST_SHARE;
  return tells && (window.width < width || window.height < height) ? window : undefined;
}

/**
 * What cropdetect finds in all frames from a time on, in upright pictures; nothing where nothing decodes. @param
 * frames all of them by default.
 */
async function edgesFrom(
  file: string,
  { index, width, height, color }: SourceInfo['video'],
  seconds: number,
  frames: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Edges> {
  const found = { ...NOTHING };
  const limit = ((color.range === 'full' ? 0 : 16) + NOISE) / 255;
  const filters =
    `scale=w=${width}:h=${height},cropdetect=limit=${limit.toFixed(4)}:round=2:skip=0:reset=0,` +
    `metadata=mode=print:file='pipe\\:${PTS_FD}':direct=1`;
  const args = [
    '-max_error_rate',
    '1',
    ...(seconds > 0 ? ['-noaccurate_seek', '-ss', seconds.toFixed(3)] : []),
    ...argv`${sourceInput(file)} -map 0:${index} -fps_mode passthrough`,
    ...(frames === undefined ? [] : ['-frames:v', String(frames)]),
    ...argv`-vf ${filters} -f null -`,
  ];
  const onPtsLine = (line: string): void => {
    const [, edge, value] = /^lavfi\.cropdetect\.([xy][12])=(-?\d+)$/.exec(line) ?? [];
    if (edge) found[edge as keyof Edges] = Number(value);
  };
  try {
    await runFfmpeg(args, { signal, onPtsLine });
  } catch (error) {
    signal?.throwIfAborted();
    if (!(error instanceof ContentFailure)) throw error;
  }
  return found;
}
