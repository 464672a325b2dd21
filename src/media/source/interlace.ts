import type { Fields, SourceInfo } from '../../job/source.js';
import { apartStretches, commonOrder, scoreFrame } from './apartStretches.js';
import type { Combing } from './combing.js';
import { GROUP, readCombing, sampleCombing } from './combingSamples.js';
import { type FieldEvidence, fieldEvidence, frameEvidence } from './fieldEvidence.js';

/** Frames that have to tell something, in a group and in all of them, or nothing is concluded. */
const LEAST_OF_GROUP = 6;
const LEAST_OF_ALL = 10;
/** Share of the telling frames that makes a remedy worth while for the whole video. */
const LEAST_SHARE = 0.15;
/**
 * Share that makes it worth while to look at every frame, and to treat stretches; and share of frames that have to be
 * whole for that.
 */
const LEAST_PART = 0.01;
const LEAST_REST = 0.05;
/** Stretches that a filter can be told of. */
const MOST_STRETCHES = 2000;
/** Lines from which on nothing is interlaced. */
const MOST_LINES = 1152;

export interface FieldOptions {
  /** That interlaced pictures shall give a frame for each field. */
  double: boolean;
  /** That the stream says it is interlaced: weaker evidence is enough then. */
  flagged: boolean;
}

interface Reading {
  signal?: AbortSignal | undefined;
  /** Frames read so far, where samples are not enough. */
  onFrame?: ((frames: number) => void) | undefined;
}

/**
 * Decides from samples over the whole video, not from flags, whether the two fields of its pictures belong together.
 * As ffmpeg's idet does, it looks at how lines of one field fit between those of another; it weighs only moving
 * places, and it compares a frame's own two fields with both pairs that it forms with the frame before, since steady
 * vertical movement looks like interlacing to the order of the fields alone. Where samples are interlaced in parts,
 * every frame is looked at, and the stretches are named.
 * @returns undefined where the pictures are progressive, or too little moves to tell.
 */
export async function detectFields(
  file: string,
  info: SourceInfo,
  options: FieldOptions & Reading,
): Promise<Fields | undefined> {
  const { height, pixelFormat } = info.video;
  if (height > MOST_LINES || height < 16) return undefined;
  const { double, flagged, signal } = options;
  const samples = await sampleCombing(file, info, signal);
  const fields = decideFields(samples.flatMap(inGroups).map(fieldEvidence), options, pixelFormat);
  const frames = samples.map((sample) => sample.map(frameEvidence));
  const order = commonOrder(frames.flat(), flagged);
  if (fields?.remedy === 'match' || !order) return fields;
  const seen = shares(frames.map((sample) => divide(sample.map((frame) => scoreFrame(frame, order, flagged)))));
  if (seen.apart < LEAST_PART || seen.whole < LEAST_REST) return fields;

  const scores: number[] = [];
  await readCombing(file, info, signal, (each) => {
    scores.push(scoreFrame(frameEvidence(each), order, flagged));
    options.onFrame?.(scores.length);
  });
  const video = divide(scores);
  const found = shares([video]);
  if (found.apart < LEAST_PART) return fields;
  const throughout = found.whole < LEAST_REST || video.stretches.length > MOST_STRETCHES;
  return {
    remedy: double ? 'double' : 'interpolate',
    order,
    telecined: false,
    ...(!throughout && { stretches: video.stretches }),
  };
}

interface Divided {
  stretches: [number, number][];
  /** Frames that tell something: in the stretches, and in all. */
  apart: number;
  told: number;
}

function divide(scores: readonly number[]): Divided {
  const stretches = apartStretches(scores);
  const told = (some: readonly number[]): number => some.filter((score) => score !== 0).length;
  // A stretch has one frame more than it has pairs.
  return {
    stretches,
    apart: stretches.reduce((sum, [from, to]) => sum + told(scores.slice(from, to - 1)), 0),
    told: told(scores),
  };
}

/** Of the frames that tell something, those in stretches that are interlaced, and the others. */
function shares(samples: readonly Divided[]): { apart: number; whole: number } {
  const sum = (of: 'apart' | 'told'): number => samples.reduce((total, sample) => total + sample[of], 0);
  const told = Math.max(1, sum('told'));
  return { apart: sum('apart') / told, whole: (sum('told') - sum('apart')) / told };
}

/**
 * What is done to a video of which the user says that all of it is interlaced. @param said the order that the stream
 * tells, for pictures that do not.
 */
export async function forceFields(
  file: string,
  info: SourceInfo,
  { double, said, signal }: { double: boolean; said: Fields['order'] | undefined } & Reading,
): Promise<Fields> {
  const frames = (await sampleCombing(file, info, signal)).flat().map(frameEvidence);
  return {
    remedy: double ? 'double' : 'interpolate',
    order: commonOrder(frames, true) ?? said ?? 'tff',
    telecined: false,
  };
}

const inGroups = (weaves: Combing[]): Combing[][] =>
  Array.from({ length: Math.ceil(weaves.length / GROUP) }, (_, i) => weaves.slice(i * GROUP, (i + 1) * GROUP));

/** Formats that the fieldmatch filter takes as they are. */
const MATCHABLE = /^yuvj?4(10|11|20|22|44)p$/;

/** Pure: what is to be done about a video of which groups of consecutive frames say this. */
export function decideFields(
  groups: readonly FieldEvidence[],
  { double, flagged }: FieldOptions,
  pixelFormat: string,
): Fields | undefined {
  const all = count(groups);
  if (all < LEAST_OF_ALL) return undefined;
  const of = (verdict: Verdict) => groups.filter((group) => verdictOf(group, flagged) === verdict);
  const [apart, split] = [of('apart'), of('split')];
  if (count(apart) >= LEAST_SHARE * all)
    return { remedy: double ? 'double' : 'interpolate', order: orderOf(apart), telecined: false };
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
const mean = (groups: readonly FieldEvidence[], of: 'topFirst' | 'pulldown'): number =>
  groups.reduce((sum, group) => sum + group.frames * group[of], 0) / count(groups);
const orderOf = (groups: readonly FieldEvidence[]): Fields['order'] =>
  mean(groups, 'topFirst') >= 0.5 ? 'tff' : 'bff';
