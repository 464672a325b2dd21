import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { SourceInfo } from '../../job/source.js';
import { argv } from '../../lib/argv.js';
import { SWS_MATRIX } from '../picture/deliverable.js';

/** Height of a still in pixels. */
const HEIGHT = 144;

/** JPEG pictures of a few frames for people, in their true shape. */
export interface StillsRequest {
  /** Numbers of frames, ascending, each once. */
  frames: readonly number[];
  /** An empty folder. */
  folder: string;
}

/**
 * Output arguments that write stills of some frames beside whatever else a run writes.
 * @param head filters that come first; the frames are counted behind them.
 * @param aspect width of the shown picture to its height.
 */
export function stillsArgs(
  { frames, folder }: StillsRequest,
  map: readonly string[],
  head: readonly string[],
  samples: { range: string; matrix: string },
  aspect: number,
): string[] {
  const width = 2 * Math.max(1, Math.round((HEIGHT * aspect) / 2));
  const filters = [
    ...head,
    selectFrames(frames),
    `scale=${width}:${HEIGHT}:in_range=${samples.range}:out_range=full:` +
      `in_color_matrix=${samples.matrix}:out_color_matrix=${SWS_MATRIX.bt601}`,
    'format=yuvj420p',
    'setsar=1',
    'settb=1/25',
    'setpts=N',
  ];
  // A percent sign in the folder's name would be taken for a pattern.
  return argv`
    ${map} -vf ${filters.join(',')} -enc_time_base 1:25 -c:v mjpeg -q:v 4 -frames:v ${frames.length} -f image2
    -start_number 0 file:${folder.replaceAll('%', '%%')}/%d.jpg
  `;
}

/** The filter that lets some frames pass, counted from 0. */
export const selectFrames = (frames: readonly number[]): string =>
  `select='${frames.map((frame) => `eq(n,${frame})`).join('+')}'`;

/** The stills that were written, by frame number. */
export async function readStills({ frames, folder }: StillsRequest): Promise<Map<number, Buffer>> {
  const stills = new Map<number, Buffer>();
  for (const name of await readdir(folder)) {
    const frame = frames[Number.parseInt(name, 10)];
    if (frame !== undefined) stills.set(frame, await readFile(path.join(folder, name)));
  }
  return stills;
}

/** Width to height of a picture as it is shown. */
export const aspectOf = ({
  width,
  height,
  sampleAspectRatio: { num, den },
}: Pick<SourceInfo['video'], 'width' | 'height' | 'sampleAspectRatio'>): number => (width * num) / (height * den);

const SAMPLED = 6;

/** Some frames from all over a video, the first and the last among them. */
export function sampledFrames(frames: number): number[] {
  const count = Math.min(SAMPLED, frames);
  return Array.from({ length: count }, (_, i) => Math.round((i * (frames - 1)) / Math.max(1, count - 1)));
}
