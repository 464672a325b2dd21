import type { SourceInfo } from '../../job/source.js';
import { readBytes } from '../ffmpeg/readStdout.js';
import { toPlanarRgb } from './color.js';

/** What is read: arguments up to and including `-map`, and the filters that choose the picture. */
export interface ChosenPicture {
  input: readonly string[];
  filters: readonly string[];
  /** Of the pictures that the filters give: their samples decide how they become RGB. */
  video: SourceInfo['video'];
}

export interface JpegOptions {
  /** Most pixels across; a smaller picture stays as it is. */
  width: number;
  signal: AbortSignal;
  /** See `startFfmpeg`. */
  onPts?: (pts: number) => void;
}

/**
 * One picture as JPEG for a page: its own pixels, whatever their shape, in the colours that browsers take a JPEG to
 * have.
 * @throws WorldError where ffmpeg fails; RangeError where there is no such picture.
 */
export async function jpegOf(
  { input, filters, video }: ChosenPicture,
  { width, signal, onPts }: JpegOptions,
): Promise<Buffer> {
  const chain = [
    ...filters,
    ...toPlanarRgb(video),
    `scale=w='min(${width},iw)':h=-1:flags=area+accurate_rnd+full_chroma_int:` +
      'out_color_matrix=smpte170m:out_range=full',
    'format=yuvj444p',
    'setsar=1',
  ];
  const picture = await readBytes(
    [...input, '-vf', chain.join(','), '-frames:v', '1', '-c:v', 'mjpeg', '-q:v', '2', '-f', 'image2pipe', 'pipe:1'],
    { signal, ...(onPts && { onPts }) },
  );
  if (picture.length === 0) throw new RangeError('there is no such picture');
  return picture;
}
