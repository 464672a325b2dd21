import type { Samples } from './picture.js';

/**
 * Of 255: the mean of a picture's samples above which a black result cannot be right. Fades from black begin below it.
 */
const CLEARLY_LIT = 8;

/**
 * A network that is broken, or that overflows in half precision, gives black or nothing; that must never be delivered.
 * Looking is cheap, since any sound picture ends the look at its first lit sample, so every frame is looked at.
 * @param nan whether the network gave values that are not numbers.
 * @returns what is wrong with the output, as the end of a sentence that begins with the model; undefined when nothing
 * is.
 */
export function faultOf(input: Samples, output: Samples, nan: boolean): string | undefined {
  if (nan) return 'gives pictures with values that are not numbers (NaN)';
  if (isBlack(output) && mean(input) > CLEARLY_LIT * oneOf255(input))
    return 'gives black pictures where the source is not black';
  return undefined;
}

/** One code value of 8 bits in the samples' own. */
const oneOf255 = (samples: Samples): number => (samples instanceof Uint8Array ? 1 : 257);

function mean(samples: Samples): number {
  let sum = 0;
  for (const sample of samples) sum += sample;
  return sum / samples.length;
}

/** True when no sample of any plane is above 1 of 255. */
function isBlack(samples: Samples): boolean {
  const highest = oneOf255(samples);
  return samples.every((sample) => sample <= highest);
}
