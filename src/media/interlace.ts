import type { Fields, SourceInfo } from '../job/source.js';
import { samplePictures } from './sample.js';
import { weave, type Weave } from './weave.js';

/** Consecutive frames that are judged together: several periods of 3:2 pulldown. */
const GROUP = 32;
/** Columns are averaged over this many pixels: combing is vertical, noise is not. */
const ACROSS = 4;
/** Share of a picture that has to move, and how much worse the worst weave has to be, before a frame tells anything. */
const LEAST_MOTION = 0.002;
const LEAST_CONTRAST = 1.05;
/**
 * A frame that is the one before moved by one line is whole: each field is then the other one of the frame before, and fine print woven so combs less than it
 * does by itself. Fields of two times leave half a line.
 */
const SCROLLED = 0.25;
/** Frames that have to tell something, in a group and in all of them, or nothing is concluded. */
const LEAST_OF_GROUP = 6;
const LEAST_OF_ALL = 10;
/** Share of the telling frames that makes a remedy worth while for the whole video. */
const LEAST_SHARE = 0.15;
/** Lines from which on nothing is interlaced. */
const MOST_LINES = 1152;

/** What consecutive moving pictures say about their fields. */
export interface FieldEvidence {
  /** Frames in which enough moved. */
  frames: number;
  /**
   * How much the better one of two pairings stands out, in the mean of these frames: both fields from this frame, or one from the neighbour that fits
   * better. Towards 1 where frames are whole, 0.3 to 0.7 where pictures are whole but lie in two frames, towards 0 where no two fields are of one time.
   */
  pairing: number;
  /** How much a frame combs itself, in the mean: 0 where frames are whole. */
  combing: number;
  /** Share of frames whose top field fits the bottom field of the frame before better than their bottom field fits its top field. */
  topFirst: number;
  /** Share of frames that comb, or do not, as in a pattern of two in five: near 1 for 3:2 pulldown. */
  pulldown: number;
}

export interface FieldOptions {
  /** That interlaced pictures shall give a frame for each field. */
  double: boolean;
  /** That the stream says it is interlaced: weaker evidence is enough then. */
  flagged: boolean;
}

/**
 * Decides from samples over the whole video, not from flags, whether the two fields of its pictures belong together. As ffmpeg's idet does, it looks
 * at how lines of one field fit between those of another; it weighs only moving places, and it compares a frame's own two fields with both pairs that it forms with
 * the frame before, since steady vertical movement looks like interlacing to the order of the fields alone.
 * @returns undefined where the pictures are progressive, or too little moves to tell.
 */
export async function detectFields(file: string, info: SourceInfo, options: FieldOptions & { signal?: AbortSignal | undefined }): Promise<Fields | undefined> {
  const { width, height, pixelFormat } = info.video;
  if (height > MOST_LINES || height < 16) return undefined;
  const columns = Math.max(1, Math.round(width / ACROSS));
  const groups = new Map<string, Weave[]>();
  let before: Buffer | undefined;
  const sampling = { filters: [`scale=w=${columns}:h=${height}:flags=area`, 'format=gray'], width: columns, height, frames: GROUP, signal: options.signal };
  await samplePictures(file, info, sampling, (picture, stretch, frame) => {
    const group = `${stretch} ${Math.floor(frame / GROUP)}`;
    if (frame > 0 && before) groups.set(group, [...(groups.get(group) ?? []), weave(before, picture, columns)]);
    before = picture;
  });
  return decideFields([...groups.values()].map(fieldEvidence), options, pixelFormat);
}

/** Formats that the fieldmatch filter takes as they are. */
const MATCHABLE = /^yuvj?4(10|11|20|22|44)p$/;

/** Pure: what is to be done about a video of which groups of consecutive frames say this. */
export function decideFields(groups: readonly FieldEvidence[], { double, flagged }: FieldOptions, pixelFormat: string): Fields | undefined {
  const all = count(groups);
  if (all < LEAST_OF_ALL) return undefined;
  const of = (verdict: Verdict) => groups.filter((group) => verdictOf(group, flagged) === verdict);
  const [apart, split] = [of('apart'), of('split')];
  if (count(apart) >= LEAST_SHARE * all) return { remedy: double ? 'double' : 'interpolate', order: orderOf(apart), telecined: false };
  if (count(split) < LEAST_SHARE * all) return undefined;
  const order = orderOf(split);
  if (!MATCHABLE.test(pixelFormat)) return { remedy: 'interpolate', order, telecined: false };
  return { remedy: 'match', order, telecined: mean(split, 'pulldown') > 0.8 };
}

/** `apart`: fields of different times. `split`: whole pictures that lie in two frames. */
type Verdict = 'whole' | 'apart' | 'split';

function verdictOf({ frames, pairing, combing, topFirst }: FieldEvidence, flagged: boolean): Verdict {
  if (frames < LEAST_OF_GROUP) return 'whole';
  const steady = Math.abs(topFirst - 0.5) > 0.4;
  if (steady && combing < 0.2 && pairing < (flagged ? 0.55 : 0.3)) return 'apart';
  return combing >= 0.1 ? 'split' : 'whole';
}

const count = (groups: readonly FieldEvidence[]): number => groups.reduce((sum, { frames }) => sum + frames, 0);
const mean = (groups: readonly FieldEvidence[], of: 'topFirst' | 'pulldown'): number => groups.reduce((sum, group) => sum + group.frames * group[of], 0) / count(groups);
const orderOf = (groups: readonly FieldEvidence[]): Fields['order'] => (mean(groups, 'topFirst') >= 0.5 ? 'tff' : 'bff');

/** What frames that follow each other say together. */
export function fieldEvidence(weaves: readonly Weave[]): FieldEvidence {
  const told = weaves.flatMap(({ own, topLater, bottomLater, moving, scrolled }, i) => {
    const [least, most] = [Math.min(own, topLater, bottomLater), Math.max(own, topLater, bottomLater)];
    if (moving < LEAST_MOTION || most < least * LEAST_CONTRAST || scrolled < SCROLLED) return [];
    const relative = (value: number): number => (value - least) / (most - least);
    const combing = relative(own);
    return [{ phase: i % 5, combing, pairing: Math.abs(combing - relative(Math.min(topLater, bottomLater))), topFirst: topLater < bottomLater ? 1 : 0 }];
  });
  const average = (values: number[]): number => (values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length);
  const fitting = [0, 1, 2, 3, 4].map((shift) => average(told.map(({ phase, combing }) => (combing > 0.25 === (phase + shift) % 5 < 2 ? 1 : 0))));
  return {
    frames: told.length,
    pairing: average(told.map(({ pairing }) => pairing)),
    combing: average(told.map(({ combing }) => combing)),
    topFirst: average(told.map(({ topFirst }) => topFirst)),
    pulldown: Math.max(...fitting),
  };
}
