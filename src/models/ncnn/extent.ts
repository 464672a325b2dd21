/**
 * How large a blob is in one direction, by the size of the network's input: factor * size + offset. It holds for the
 * sizes that the network takes evenly; a blob of one value for each channel has factor 0.
 */
export interface Extent {
  factor: number;
  offset: number;
}

export const SINGLE: Extent = { factor: 0, offset: 1 };

export const isSingle = ({ factor, offset }: Extent): boolean => factor === 0 && offset === 1;

export const grown = ({ factor, offset }: Extent, by: number): Extent => ({ factor, offset: offset + by });

export const scaled = ({ factor, offset }: Extent, by: number): Extent => ({
  factor: factor * by,
  offset: offset * by,
});

/**
 * Behind windows of `kernel` that move by `stride`. @param round for a last window that does not fit: Math.floor
 * leaves it out.
 */
export const windowed = ({ factor, offset }: Extent, kernel: number, stride: number, round = Math.floor): Extent => ({
  factor: factor / stride,
  offset: round((offset - kernel) / stride) + 1,
});

/** Behind the reverse of that. */
export const spread = ({ factor, offset }: Extent, kernel: number, stride: number): Extent => ({
  factor: factor * stride,
  offset: (offset - 1) * stride + kernel,
});
