import { UserError } from '../../lib/errors.js';
import type { Layer } from './param.js';

/**
 * A layer's numbered parameters, read with ncnn's defaults and checked. Every method throws UserError for a value out
 * of its range.
 */
export class LayerParameters {
  readonly #values: Layer['params'];
  readonly #label: string;

  constructor(values: Layer['params'], label: string) {
    this.#values = values;
    this.#label = label;
  }

  /** Bounds are inclusive. */
  integer(id: number, fallback: number, least: number, most: number): number {
    const value = this.number(id, fallback);
    if (!Number.isInteger(value) || value < least || value > most) throw this.unsupported(id, value);
    return value;
  }

  number(id: number, fallback: number): number {
    const value = this.#values.get(id) ?? fallback;
    if (Array.isArray(value) || !Number.isFinite(value)) throw this.unsupported(id, value);
    return value;
  }

  has(id: number): boolean {
    return this.#values.has(id);
  }

  /** An array of 1 to `most` numbers. */
  list(id: number, most: number): number[] {
    const value = this.#values.get(id) ?? [];
    if (!Array.isArray(value) || value.length === 0 || value.length > most) throw this.unsupported(id, value);
    return value;
  }

  /** An array of exactly `length` numbers; undefined when there is none. */
  numbers(id: number, length: number): number[] | undefined {
    const value = this.#values.get(id);
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || value.length !== length) throw this.unsupported(id, value);
    return value;
  }

  /** For parameters whose effect is not converted: each must be absent or 0. */
  expectUnset(...ids: number[]): void {
    for (const id of ids) this.integer(id, 0, 0, 0);
  }

  unsupported(id: number, value: number | number[]): UserError {
    return new UserError(
      `layer ${this.#label} has parameter ${id}=${String(value).slice(0, 80)}, which is not supported`,
    );
  }
}
