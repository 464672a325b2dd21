import { MISTAKES } from './colors.js';
import { flickerOf } from './flicker.js';
import { Runs } from './runs.js';
import { type FrameTable, median } from './table.js';
import { COLUMNS, ROWS } from './thumbnails.js';

/** Means of luma, 0 to 255: a picture below the first is black; one of the source above the second is not. */
const BLACK = 4;
const NOT_BLACK = 12;
/**
 * A picture is another one when it differs more than this many times the median, but not below the first and surely
 * above the second code value.
 */
const TIMES_MEDIAN = 6;
const LEAST = 8;
const MOST = 30;
/**
 * A picture whose planes deviate by less, in code values, is of one colour. In a video of such pictures a network may
 * miss each colour by another difference, and none is usual; what it adds of structure must stay below LEAST.
 */
const ONE_COLOUR = 3;
/** Share of a neighbour in a picture that is it rather than its own frame. */
const NEIGHBOUR = 0.6;
/** Shifts of less than this part of a cell, or than a pixel of the source, may come from rounding. */
const SHIFTED = 0.1;
const SHIFTED_PICTURE = 'the picture is shifted';
const BRIGHTNESS_JUMPS = "the brightness jumps where the source's does not";
/**
 * All pictures together are measured more exactly: a shift of so much of a pixel of the source that explains so much
 * of what differs. Bicubic at a low bit rate was off by 0.4 pixels, which explained 0.03; sharpening by 2.4, which
 * explained 0.01; a shift of one pixel explained 0.1 to 0.6.
 */
const ALL_SHIFTED = 0.5;
const ALL_EXPLAINED = 0.08;
export interface Finding {
  /** What is wrong with these frames, to be followed by their numbers. */
  what: string;
  frames: Runs;
  /** Thumbnails only suggest it: it is to be confirmed at full size. */
  suspicion?: Suspicion | undefined;
}

/** In words, with the frames' numbers. */
export const told = ({ what, frames }: Finding): string => `${what}: ${frames.toString()}`;

export interface Suspicion {
  /** `colours`: `mistake` is the index of what seems to have gone wrong with them. */
  kind: 'shift' | 'neighbour' | 'colours';
  mistake: number;
  /** All frames, ascending. */
  frames: number[];
}

export interface Judgement {
  problems: Finding[];
  warnings: Finding[];
  /** Roots of mean squares in code values. */
  difference: { luma: Spread; chroma: Spread };
  /** The frames that differ most from their source, worst first. */
  worst: { frame: number; luma: number; chroma: number }[];
}

interface Spread {
  median: number;
  largest: number;
}

const WORST = 10;

/**
 * Says which frames are wrong, measured against what is usual in this video: networks change every picture a little.
 * @param size of the source's pictures.
 * @param ofPart these are only some of the video's frames. What is usual in all of it is not known yet: only what is
 * wrong whatever that is counts.
 */
export function judge(table: FrameTable, size: { width: number; height: number }, ofPart = false): Judgement {
  const columns = { luma: table.column('luma'), chroma: table.column('chroma') };
  const usual = {
    luma: ofPart ? Infinity : median(columns.luma),
    chroma: ofPart ? Infinity : median(columns.chroma),
    unlike: median(table.column('unlike')),
    sourceStructure: median(table.column('sourceStructure')),
  };
  const problems = new Map<string, Finding>();
  const add = ({ what, kind, mistake = -1 }: Mistaken, frame: number): void => {
    const finding = problems.get(what) ?? {
      what,
      frames: new Runs(),
      ...(kind && { suspicion: { kind, mistake, frames: [] } }),
    };
    finding.frames.add(frame);
    finding.suspicion?.frames.push(frame);
    problems.set(what, finding);
  };
  const wrong = new Set<number>();
  for (let frame = 0; frame < table.frames; frame++) {
    const what = mistakeOf(table, frame, usual, size);
    if (what === undefined) continue;
    add(what, frame);
    wrong.add(frame);
  }
  const shifted = ofPart ? undefined : shiftOfAll(table, size);
  if (shifted !== undefined && !problems.has(SHIFTED_PICTURE))
    for (let frame = 0; frame < table.frames; frame++) add({ what: shifted, kind: 'shift' }, frame);
  const flicker = flickerOf(table, wrong);
  if (flicker.large.frames > 0) problems.set(BRIGHTNESS_JUMPS, { what: BRIGHTNESS_JUMPS, frames: flicker.large });
  const spread = (values: Float32Array): Spread => ({
    median: median(values),
    largest: values.reduce((a, b) => Math.max(a, b), 0),
  });
  return {
    problems: [...problems.values()],
    warnings:
      flicker.small.frames > 0
        ? [{ what: "the brightness flickers where the source's does not", frames: flicker.small }]
        : [],
    difference: { luma: spread(columns.luma), chroma: spread(columns.chroma) },
    worst: worstOf(table, usual),
  };
}

type Usual = Record<'luma' | 'chroma' | 'unlike' | 'sourceStructure', number>;

interface Mistaken extends Pick<Finding, 'what'> {
  kind?: Suspicion['kind'];
  mistake?: number;
}

function mistakeOf(
  table: FrameTable,
  frame: number,
  usual: Usual,
  size: { width: number; height: number },
): Mistaken | undefined {
  const get = (field: Parameters<FrameTable['get']>[1]): number => table.get(frame, field);
  if (get('level') < BLACK && get('sourceLevel') > NOT_BLACK)
    return { what: 'the picture is black where the source is not' };
  if (showsNeighbour(get('share'), get('apart'), get('unlike'), usual.unlike))
    return { what: "the picture is the source's frame before or after", kind: 'neighbour' };
  const mistake = MISTAKES[get('mistake')];
  if (mistake)
    return { what: `the colours are wrong, as if ${mistake.name}`, kind: 'colours', mistake: get('mistake') };
  const allowed = limits(table, frame, usual);
  if (get('luma') > allowed.luma || get('chroma') > allowed.chroma) return { what: "the picture is not the source's" };
  const [x, y] = [Math.abs(get('shiftX')), Math.abs(get('shiftY'))];
  const far = x > Math.max(SHIFTED, COLUMNS / size.width) || y > Math.max(SHIFTED, ROWS / size.height);
  if (far && get('shiftExplained') > 0.5 && get('luma') > 1) return { what: SHIFTED_PICTURE, kind: 'shift' };
  return undefined;
}

/** Where all pictures lie in relation to the source's, when that is not where they should. */
function shiftOfAll(table: FrameTable, size: { width: number; height: number }): string | undefined {
  if (median(table.column('shiftExplained')) < ALL_EXPLAINED) return undefined;
  const x = (median(table.column('shiftX')) * size.width) / COLUMNS;
  const y = (median(table.column('shiftY')) * size.height) / ROWS;
  if (Math.max(Math.abs(x), Math.abs(y)) < ALL_SHIFTED) return undefined;
  return `the picture is shifted by ${Math.hypot(x, y).toFixed(1)} pixels of the source`;
}

/** How far a frame's picture may be from its source. */
function limits(table: FrameTable, frame: number, usual: Usual): Record<'luma' | 'chroma', number> {
  const isOneColour =
    Math.max(table.get(frame, 'sourceStructure'), usual.sourceStructure) < ONE_COLOUR &&
    table.get(frame, 'structure') < LEAST;
  if (isOneColour) return { luma: MOST, chroma: MOST };
  const limit = (value: number): number => Math.min(MOST, Math.max(LEAST, TIMES_MEDIAN * value));
  return { luma: limit(usual.luma), chroma: limit(usual.chroma) };
}

/**
 * Nearer to the neighbour than to its own frame, where these two differ more than pictures do by custom, and that is
 * what its difference consists of.
 */
const showsNeighbour = (share: number, apart: number, unlike: number, usual: number): boolean =>
  share > NEIGHBOUR && apart > usual && (2 * share - 1) * apart ** 2 > 0.3 * unlike ** 2;

function worstOf(table: FrameTable, usual: Usual): Judgement['worst'] {
  const worst: { frame: number; luma: number; chroma: number; rank: number }[] = [];
  for (let frame = 0; frame < table.frames; frame++) {
    const luma = table.get(frame, 'luma');
    const chroma = table.get(frame, 'chroma');
    const allowed = limits(table, frame, usual);
    const rank = Math.max(luma / allowed.luma, chroma / allowed.chroma);
    if (worst.length === WORST && rank <= (worst.at(-1)?.rank ?? 0)) continue;
    worst.push({ frame, luma, chroma, rank });
    worst.sort((a, b) => b.rank - a.rank);
    if (worst.length > WORST) worst.pop();
  }
  return worst.map(({ frame, luma, chroma }) => ({ frame, luma: hundredths(luma), chroma: hundredths(chroma) }));
}

const hundredths = (value: number): number => Math.round(value * 100) / 100;
