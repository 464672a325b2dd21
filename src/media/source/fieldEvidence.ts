import type { Combing } from './combing.js';

/**
 * Share of a picture that has to move, and how much worse the worst weave has to be, before a frame tells anything.
 */
const LEAST_MOTION = 0.002;
const LEAST_CONTRAST = 1.05;
/**
 * A frame that is the one before moved by one line is whole: each field is then the other one of the frame before, and
 * fine print woven so combs less than it does by itself. Fields of two times leave half a line.
 */
const SCROLLED = 0.25;
/** What one frame says, together with the one before. */
export interface FrameEvidence {
  /** 0 where the frame combs least of the three ways to weave its fields, 1 where it combs most. */
  combing: number;
  /**
   * How much the better one of two pairings stands out: both fields from this frame, or one from the neighbour that
   * fits better.
   */
  pairing: number;
  /** That the top field fits the bottom field of the frame before better than the bottom field fits its top field. */
  topFirst: boolean;
}

/** What consecutive moving pictures say about their fields. */
export interface FieldEvidence {
  /** Frames in which enough moved. */
  frames: number;
  /**
   * How much the better one of two pairings stands out, in the mean of these frames: both fields from this frame, or
   * one from the neighbour that fits better. Towards 1 where frames are whole, 0.3 to 0.7 where pictures are whole but
   * lie in two frames, towards 0 where no two fields are of one time.
   */
  pairing: number;
  /** How much a frame combs itself, in the mean: 0 where frames are whole. */
  combing: number;
  /**
   * Share of frames whose top field fits the bottom field of the frame before better than their bottom field fits its
   * top field.
   */
  topFirst: number;
  /** Share of frames that comb, or do not, as in a pattern of two in five: near 1 for 3:2 pulldown. */
  pulldown: number;
}

/** @returns undefined where too little moves to tell. */
export function frameEvidence({ own, topLater, bottomLater, moving, scrolled }: Combing): FrameEvidence | undefined {
  const [least, most] = [Math.min(own, topLater, bottomLater), Math.max(own, topLater, bottomLater)];
  if (moving < LEAST_MOTION || most < least * LEAST_CONTRAST || scrolled < SCROLLED) return undefined;
  const relative = (value: number): number => (value - least) / (most - least);
  const combing = relative(own);
  return {
    combing,
    pairing: Math.abs(combing - relative(Math.min(topLater, bottomLater))),
    topFirst: topLater < bottomLater,
  };
}

/** What frames that follow each other say together. */
export function fieldEvidence(weaves: readonly Combing[]): FieldEvidence {
  const told = weaves.flatMap((each, i) => {
    const evidence = frameEvidence(each);
    return evidence ? [{ ...evidence, phase: i % 5 }] : [];
  });
  const average = (values: number[]): number =>
    values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
  const fitting = [0, 1, 2, 3, 4].map((shift) =>
    average(told.map(({ phase, combing }) => (combing > 0.25 === (phase + shift) % 5 < 2 ? 1 : 0))),
  );
  return {
    frames: told.length,
    pairing: average(told.map(({ pairing }) => pairing)),
    combing: average(told.map(({ combing }) => combing)),
    topFirst: average(told.map(({ topFirst }) => (topFirst ? 1 : 0))),
    pulldown: Math.max(...fitting),
  };
}
