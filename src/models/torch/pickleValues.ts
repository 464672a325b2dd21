import type { Element } from './elements.js';

/** A Python class or function that a pickle names. It stays a name: nothing of Python exists here. */
interface Global {
  kind: 'global';
  name: string;
}

/** The numbers that tensors are views of. */
export interface Storage {
  kind: 'storage';
  key: string;
  element: Element;
  /** How many numbers it says it holds. */
  count: number;
}

/** A view of a storage; offset and strides are counted in numbers. Checked only when it is read. */
export interface TensorView {
  kind: 'tensor';
  storage: Storage;
  offset: number;
  dims: number[];
  strides: number[];
}

/** A dict or OrderedDict. A Map, because its keys come from the file. */
export interface Dict {
  kind: 'dict';
  items: Map<string | number, Value>;
}

/** Lists and tuples are both arrays: state dicts make no difference between them. */
export type Value = null | boolean | number | bigint | string | Value[] | Dict | Global | Storage | TensorView;

export const dict = (): Dict => ({ kind: 'dict', items: new Map() });

type Kinds = { dict: Dict; global: Global; storage: Storage; tensor: TensorView };

export const isKind = <K extends keyof Kinds>(value: Value | undefined, kind: K): value is Kinds[K] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && value.kind === kind;
