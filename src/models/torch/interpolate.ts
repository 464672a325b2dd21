import { UserError } from '../../lib/errors.js';
import { quote } from '../../lib/quote.js';
import type { StateDict, StateTensor } from './stateDict.js';

/**
 * share * a + (1 - share) * b of every tensor, each step rounded to float32 as PyTorch does.
 * @throws UserError when they do not have the same tensors.
 */
export function interpolate(a: StateDict, b: StateDict, share: number): StateDict {
  const only = [...b.keys()].find((name) => !a.has(name));
  if (only !== undefined)
    throw new UserError(`only one of the two networks has tensor ${quote(only)}: they cannot be mixed`);
  return new Map([...a].map(([name, tensor]) => [name, mix(name, tensor, b.get(name), share)]));
}

function mix(name: string, a: StateTensor, b: StateTensor | undefined, share: number): StateTensor {
  if (!b) throw new UserError(`only one of the two networks has tensor ${quote(name)}: they cannot be mixed`);
  if (a.dims.join() !== b.dims.join())
    throw new UserError(
      `tensor ${quote(name)} is ${a.dims.join('x')} in one network and ${b.dims.join('x')} in the other: ` +
        'they cannot be mixed',
    );
  const { fround } = Math;
  const [ofA, ofB] = [fround(share), fround(1 - share)];
  return {
    dims: a.dims,
    values: a.values.map((value, i) => fround(ofA * value) + fround(ofB * (b.values[i] as number))),
  };
}
