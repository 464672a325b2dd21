import { UserError } from '../job/errors.js';
import { isBlack, mean } from './picture.js';

/** Mean of a picture's samples above which a black result cannot be right: fades from black begin below it. */
const CLEARLY_LIT = 8;
const ADVICE = 'try another model, or --precision fp32';

/**
 * A network that is broken, or that overflows in half precision, gives black or nothing; that must never be delivered.
 * Looking is cheap, since any sound picture ends the look at its first lit sample, so every frame is looked at.
 * @throws UserError when the output is no picture where the input is one.
 */
export function requireSound(input: Uint8Array, output: Uint8Array, nan: boolean): void {
  if (nan) throw new UserError(`the model gives pictures with values that are not numbers (NaN): ${ADVICE}`);
  if (isBlack(output) && mean(input) > CLEARLY_LIT) throw new UserError(`the model gives black pictures where the source is not black: ${ADVICE}`);
}
