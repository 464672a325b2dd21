import type { SourceInfo } from '../../job/source.js';
import { everyPicture, samplePictures } from '../ffmpeg/sample.js';
import { type Combing, combingOf } from './combing.js';

/** Consecutive frames that are judged together: several periods of 3:2 pulldown. */
export const GROUP = 32;
/** Columns are averaged over this many pixels: combing is vertical, noise is not. */
const ACROSS = 4;

/** Weaves of frames that follow each other, of each stretch that is sampled. */
export async function sampleCombing(
  file: string,
  info: SourceInfo,
  signal: AbortSignal | undefined,
): Promise<Combing[][]> {
  const samples: Combing[][] = [];
  let add = weaver(info);
  await samplePictures(file, info, { ...looking(info), frames: GROUP, signal }, (picture, stretch, frame) => {
    if (frame === 0) add = weaver(info);
    const each = add(picture);
    if (each) (samples[stretch] ??= []).push(each);
  });
  return samples.filter((sample) => sample.length > 0);
}

/** Weaves of all frames from the second on. */
export async function readCombing(
  file: string,
  info: SourceInfo,
  signal: AbortSignal | undefined,
  onWeave: (each: Combing) => void,
): Promise<void> {
  const add = weaver(info);
  await everyPicture(file, info, { ...looking(info), signal }, (picture) => {
    const each = add(picture);
    if (each) onWeave(each);
  });
}

const columnsOf = ({ video }: SourceInfo): number => Math.max(1, Math.round(video.width / ACROSS));

function looking(info: SourceInfo) {
  const { height } = info.video;
  const width = columnsOf(info);
  return { filters: [`scale=w=${width}:h=${height}:flags=area`, 'format=gray'], width, height };
}

function weaver(info: SourceInfo): (picture: Buffer) => Combing | undefined {
  let before: Buffer | undefined;
  return (picture) => {
    const each = before && combingOf(before, picture, columnsOf(info));
    before = picture;
    return each;
  };
}
