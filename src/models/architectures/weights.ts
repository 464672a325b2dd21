import { UserError } from '../../lib/errors.js';
import { quote } from '../../lib/quote.js';
import type { StateDict } from '../torch/stateDict.js';

/**
 * The tensors of a state dict on their way into a network: each is taken once, with the shape that the network needs.
 */
export class Weights {
  readonly #state: StateDict;
  readonly #taken = new Set<string>();
  /** How many numbers have been taken. */
  parameters = 0;

  constructor(state: StateDict) {
    this.#state = state;
  }

  has(name: string): boolean {
    return this.#state.has(name);
  }

  names(): string[] {
    return [...this.#state.keys()];
  }

  /**
   * Sizes of a tensor's dimensions, which the network's own sizes follow from. @throws UserError when there is none,
   * or of another rank.
   */
  dims(name: string, rank: number): number[] {
    const tensor = this.#state.get(name);
    if (!tensor) throw missing(name);
    if (tensor.dims.length !== rank)
      throw new UserError(`tensor ${quote(name)} has ${tensor.dims.length} dimensions instead of ${rank}`);
    return tensor.dims;
  }

  /** @throws UserError when there is none of that name, or of another shape. */
  take(name: string, dims: number[]): Float32Array {
    const tensor = this.#state.get(name);
    if (!tensor) throw missing(name);
    if (tensor.dims.join() !== dims.join())
      throw new UserError(`tensor ${quote(name)} is ${shape(tensor.dims)} instead of ${shape(dims)}`);
    this.#taken.add(name);
    this.parameters += tensor.values.length;
    return tensor.values;
  }

  /** @throws UserError when a tensor is left over. */
  end(): void {
    const extra = this.names().find((name) => !this.#taken.has(name));
    if (extra !== undefined) throw new UserError(`tensor ${quote(extra)} has no place in the network`);
  }
}

const missing = (name: string): UserError => new UserError(`it lacks tensor ${quote(name)}`);
const shape = (dims: number[]): string => dims.join('x') || 'a single number';
