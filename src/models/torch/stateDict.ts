/** A tensor's numbers, in the order of its dimensions (the last one runs fastest), as float32. */
export interface StateTensor {
  dims: number[];
  values: Float32Array;
}

/** The tensors of a network by their names, in the file's order. */
export type StateDict = ReadonlyMap<string, StateTensor>;
