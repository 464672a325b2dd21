/** One plane of a picture, row by row, in code values. */
export interface Plane {
  data: Uint8Array | Float32Array;
  width: number;
  height: number;
}

/**
 * A plane with 3x3 binomial weights over it, twice: what networks draw anew at the finest scale counts less. The
 * outermost pixels repeat.
 */
export const smooth = (plane: Plane): Plane => once(once(plane));

function once({ data, width, height }: Plane): Plane {
  const across = new Float32Array(width * height);
  for (let row = 0; row < height; row++) {
    const at = row * width;
    for (let x = 0; x < width; x++) {
      const [left, right] = [data[at + Math.max(0, x - 1)] as number, data[at + Math.min(width - 1, x + 1)] as number];
      across[at + x] = (left + 2 * (data[at + x] as number) + right) / 4;
    }
  }
  const both = new Float32Array(width * height);
  for (let row = 0; row < height; row++) {
    const [up, at, down] = [Math.max(0, row - 1) * width, row * width, Math.min(height - 1, row + 1) * width];
    for (let x = 0; x < width; x++)
      both[at + x] = ((across[up + x] as number) + 2 * (across[at + x] as number) + (across[down + x] as number)) / 4;
  }
  return { data: both, width, height };
}

/** Means of squares of `size` pixels a side; what is left over at the right and bottom is dropped. */
export function shrink({ data, width, height }: Plane, size: number): Plane {
  const [columns, rows] = [Math.floor(width / size), Math.floor(height / size)];
  const small = new Float32Array(columns * rows);
  for (let y = 0; y < rows * size; y++) {
    const row = Math.floor(y / size) * columns;
    for (let x = 0; x < columns * size; x++)
      small[row + Math.floor(x / size)] =
        (small[row + Math.floor(x / size)] as number) + (data[y * width + x] as number);
  }
  return { data: small.map((sum) => sum / size ** 2), width: columns, height: rows };
}

/**
 * The best brightness and contrast that bring one plane to another: `b` is about `gain * a + offset`, by least
 * squares.
 */
export function brightnessOf(a: Plane['data'], b: Plane['data']): { gain: number; offset: number } {
  let [sa, sb, aa, ab] = [0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    sa += x;
    sb += y;
    aa += x * x;
    ab += x * y;
  }
  const n = a.length;
  const variance = aa / n - (sa / n) ** 2;
  const gain = variance > 0 ? (ab / n - (sa / n) * (sb / n)) / variance : 1;
  return { gain, offset: sb / n - gain * (sa / n) };
}
