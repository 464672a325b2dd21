import { AS_IS, type ColourMap, error, MISTAKES, scaled } from './colors.js';
import { brightnessOf, type Plane } from './plane.js';
import { median } from './table.js';

type Samples = Plane['data'];

/** Of a mistake that is confirmed at full size, so much of the squared difference may be left when it is undone. */
const LEFT_CONFIRMED = 0.4;
/**
 * A wrong matrix mixes planes: it must leave less than this of what the best brightness, contrast and saturation
 * leave.
 */
const BETTER = 0.5;
/**
 * How near contrast and saturation must be to those of a wrong range: networks raise contrast too, by some other
 * amount.
 */
const NEAR = 0.04;
/** Chroma in code values (root of the mean square) below which there is no saturation to speak of. */
const GREY = 2;
/** Code values so near to an end of the range may have been cut off there. */
const CUT_OFF = 8;
/** What is usual in a video is subtracted only where a picture's squared difference is at least so many times that. */
const BEYOND_USUAL = 2;

/** What a network did to one picture, or does as a rule. */
export interface Done {
  /** Sum of the squared differences over a picture's samples. */
  squared: number;
  /** Of luma. */
  contrast: number;
  saturation: number;
}

const NOTHING: Done = { squared: 0, contrast: 1, saturation: 1 };

/**
 * Measures a picture that nobody suspects. @param output Y, U and V in full range; `own` likewise, of the same size.
 */
export function doneTo(output: readonly Plane[], own: readonly Plane[]): Done {
  const [a, b] = [joined(output), joined(own)];
  const { gain } = saturationOf(a, b, AS_IS);
  return { squared: error(a, b, AS_IS), contrast: contrastOf(a, b, AS_IS).gain, saturation: gain };
}

/** The middle one of each measure. @returns undefined where nothing was measured. */
export function usualOf(pictures: readonly Done[]): Done | undefined {
  if (pictures.length === 0) return undefined;
  const middle = (field: keyof Done): number => median(Float32Array.from(pictures, (each) => each[field]));
  return { squared: middle('squared'), contrast: middle('contrast'), saturation: middle('saturation') };
}

/**
 * Tests at full size what `mistakeIn` suspects: undoing the mistake must fit better by far than what a network
 * may have done to brightness, contrast and saturation. What the network does as a rule hides a mistake: where it is
 * known, the mistake may show in what is beyond it instead.
 * @param output Y, U and V in full range; `own` likewise, of the same size.
 * @param usual before and behind, of pictures that nobody suspects.
 */
export function mistakeConfirmed(
  index: number,
  output: readonly Plane[],
  own: readonly Plane[],
  usual: readonly Done[],
): boolean {
  const mistake = MISTAKES[index];
  if (!mistake) return false;
  const [a, b] = [joined(output), joined(own)];
  const asIs = error(a, b, AS_IS);
  const undone = error(a, b, mistake);
  const luma = contrastOf(a, b, mistake);
  const saturation = saturationOf(a, b, mistake);
  const adjusted = error(a, b, { matrix: scaled(luma.gain, saturation.gain), offset: luma.offset });
  const isNear = (gain: number, wanted: number): boolean => Math.abs(gain / wanted - 1) < NEAR;
  const shows = (rule: Done): boolean => {
    const left = Math.max(0, undone - rule.squared);
    if (left >= LEFT_CONFIRMED * (asIs - rule.squared)) return false;
    if (mistake.kind === 'planes') return true;
    if (mistake.kind === 'matrix') return left < BETTER * (adjusted - rule.squared);
    return (
      isNear(luma.gain / rule.contrast, mistake.matrix[0][0]) &&
      (saturation.chroma < GREY || isNear(saturation.gain / rule.saturation, mistake.matrix[1][1]))
    );
  };
  return shows(NOTHING) || usual.some((rule) => asIs >= BEYOND_USUAL * rule.squared && shows(rule));
}

const joined = (planes: readonly Plane[]): Float32Array => Float32Array.from(planes.flatMap(({ data }) => [...data]));

const isWhole = (value: number): boolean => value > CUT_OFF && value < 255 - CUT_OFF;

/** The contrast and brightness of luma, of samples that nothing has cut off. */
function contrastOf(output: Samples, own: Samples, { matrix, offset }: ColourMap): { gain: number; offset: number } {
  const whole: [own: number[], output: number[]] = [[], []];
  for (let i = 0; i < own.length / 3; i++) {
    const value = own[i] as number;
    if (!isWhole(value) || !isWhole(matrix[0][0] * value + offset)) continue;
    whole[0].push(value);
    whole[1].push(output[i] as number);
  }
  return brightnessOf(Float32Array.from(whole[0]), Float32Array.from(whole[1]));
}

/**
 * The gain of both chroma planes around grey, and how much chroma there is; likewise of samples that nothing has cut
 * off.
 */
function saturationOf(output: Samples, own: Samples, { matrix }: ColourMap): { gain: number; chroma: number } {
  let [along, whole, count] = [0, 0, 0];
  for (let i = own.length / 3; i < own.length; i++) {
    const value = (own[i] as number) - 128;
    if (!isWhole(value + 128) || !isWhole(matrix[1][1] * value + 128)) continue;
    along += value * ((output[i] as number) - 128);
    whole += value * value;
    count++;
  }
  return { gain: whole > 0 ? along / whole : 1, chroma: count > 0 ? Math.sqrt(whole / count) : 0 };
}
