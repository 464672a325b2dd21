/** A picture of one or more channels, interleaved. */
export interface Picture {
  data: Float32Array | Uint8Array;
  width: number;
  height: number;
  channels: number;
}

interface Taps {
  /** Of each output sample. */
  first: number[];
  weights: number[][];
}

/**
 * MATLAB's imresize with its defaults, bicubic and antialiased: what the papers made their small pictures with, and
 * their baseline. Neither rounded nor clipped.
 */
export function imresize(picture: Picture, scale: number): Picture {
  return transposed(resizedRows(transposed(resizedRows(picture, scale)), scale));
}

function resizedRows({ data, width, height, channels }: Picture, scale: number): Picture {
  const longer = Math.ceil(height * scale);
  const { first, weights } = taps(longer, scale);
  const row = width * channels;
  const result = new Float32Array(longer * row);
  for (let y = 0; y < longer; y++) {
    for (const [k, weight] of (weights[y] as number[]).entries()) {
      const source = mirrored((first[y] as number) + k, height) * row;
      for (let i = 0; i < row; i++)
        result[y * row + i] = (result[y * row + i] as number) + weight * (data[source + i] as number);
    }
  }
  return { data: result, width, height: longer, channels };
}

function taps(length: number, scale: number): Taps {
  const stretch = Math.min(scale, 1);
  const reach = 2 / stretch;
  const result: Taps = { first: [], weights: [] };
  for (let i = 0; i < length; i++) {
    const centre = (i + 0.5) / scale - 0.5;
    const first = Math.floor(centre - reach);
    const weights = Array.from({ length: Math.ceil(2 * reach) + 2 }, (_, k) => cubic((centre - first - k) * stretch));
    const sum = weights.reduce((a, b) => a + b);
    result.first.push(first);
    result.weights.push(weights.map((weight) => weight / sum));
  }
  return result;
}

/** Keys' kernel with A = -0.5. */
function cubic(distance: number): number {
  const x = Math.abs(distance);
  if (x <= 1) return (1.5 * x - 2.5) * x * x + 1;
  return x <= 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

/** Beyond its border a picture goes on as in a mirror, its last sample twice. */
function mirrored(index: number, length: number): number {
  const within = ((index % (2 * length)) + 2 * length) % (2 * length);
  return within < length ? within : 2 * length - 1 - within;
}

function transposed({ data, width, height, channels }: Picture): Picture {
  const result = new Float32Array(data.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < channels; c++)
        result[(x * height + y) * channels + c] = data[(y * width + x) * channels + c] as number;
  return { data: result, width: height, height: width, channels };
}

/** In 8 bits. */
export const rounded = (picture: Picture): Picture & { data: Uint8Array } => ({
  ...picture,
  data: Uint8Array.from(picture.data, (value) => Math.min(255, Math.max(0, Math.round(value)))),
});
