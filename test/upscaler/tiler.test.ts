import { expect, test } from 'vitest';
import type { Picture, Samples } from '../../src/upscaler/picture.js';
import { type FrameNet, Tiler, type TilerOptions } from '../../src/upscaler/tiler.js';

/** Any sample at or beyond the edge counts as the edge's: a net whose pixels see one neighbour on each side. */
function blurredAndDoubled(input: Picture, output: Picture): void {
  const at = (plane: number, x: number, y: number): number => {
    const cx = Math.min(Math.max(x, 0), input.width - 1);
    const cy = Math.min(Math.max(y, 0), input.height - 1);
    return input.data[(plane * input.height + cy) * input.width + cx] as number;
  };
  for (let plane = 0; plane < input.planes; plane++) {
    for (let y = 0; y < output.height; y++) {
      for (let x = 0; x < output.width; x++) {
        const [sx, sy] = [x >> 1, y >> 1];
        const sum =
          at(plane, sx, sy) * 2 +
          at(plane, sx - 1, sy) +
          at(plane, sx + 1, sy) +
          at(plane, sx, sy - 1) +
          at(plane, sx, sy + 1);
        output.data[(plane * output.height + y) * output.width + x] = sum / 6;
      }
    }
  }
}

interface Seen {
  width: number;
  height: number;
}

function fakeNet(fails: (size: Seen) => Error | undefined = () => undefined): FrameNet & { seen: Seen[] } {
  const seen: Seen[] = [];
  return {
    seen,
    run(input, output) {
      const size = { width: input.width, height: input.height };
      const error = fails(size);
      if (error) return Promise.reject(error);
      expect(input.data.length).toBe(input.planes * size.width * size.height);
      expect([output.width, output.height]).toEqual([size.width * 2, size.height * 2]);
      seen.push(size);
      blurredAndDoubled(input, output);
      return Promise.resolve({ nan: false });
    },
  };
}

/** Samples that are never black, of full depth. */
function noise(count: number, bitDepth: 8 | 16): Samples {
  let state = 12345;
  const next = (): number => (state = (state * 1103515245 + 12345) % 2 ** 31) >> 8;
  return bitDepth === 8 ? Uint8Array.from({ length: count }, next) : Uint16Array.from({ length: count }, next);
}

const none = { prePad: 0, alignment: 1, planes: 3, bitDepth: 8 } as const;

async function upscale(options: Partial<TilerOptions> & Seen) {
  const net = (options.net ?? fakeNet()) as ReturnType<typeof fakeNet>;
  const notices: string[] = [];
  const progress: { done: number; tiles: number; tile: number }[] = [];
  const onNotice = (message: string): void => {
    notices.push(message);
  };
  const tiler = new Tiler({ ...none, scale: 2, tile: 0, tilePad: 0, onNotice, ...options, net });
  const { planes = 3, bitDepth = 8 } = options;
  const count = planes * options.width * options.height;
  const input = noise(count, bitDepth);
  const frame = async () => {
    const output = (bitDepth === 8 ? new Uint8Array(4 * count) : new Uint16Array(4 * count)).fill(77);
    const result = await tiler.upscale(
      input,
      output,
      (tile) => {
        progress.push(tile);
      },
      () => false,
    );
    return { output, result };
  };
  return { ...(await frame()), frame, net, notices, progress };
}

const differing = (a: Samples, b: Samples): number =>
  a.filter((sample, i) => sample !== b[i]).length + Math.abs(a.length - b.length);
const expectSame = (a: Samples, b: Samples): void => {
  expect(differing(a, b)).toBe(0);
};

const outOfMemory = (size: Seen): Error =>
  new Error(
    'Non-zero status code returned while running Conv node. bfc_arena.cc:360 ' +
      `Failed to allocate memory for requested buffer of size ${size.width * size.height}`,
  );

test.each([
  [64, 48, 32, 2],
  [65, 47, 32, 1],
  [101, 67, 34, 10],
  [33, 31, 40, 4],
])(
  '%i x %i in tiles of %i with a pad of %i equals the whole frame where the pad is as wide as the net sees',
  async (width, height, tile, tilePad) => {
    const whole = await upscale({ width, height });
    const tiled = await upscale({ width, height, tile, tilePad });
    expect(whole.net.seen).toEqual([{ width, height }]);
    expectSame(tiled.output, whole.output);
  },
);

test('without context the tiles have seams', async () => {
  const whole = await upscale({ width: 64, height: 48 });
  const tiled = await upscale({ width: 64, height: 48, tile: 32, tilePad: 0 });
  expect(differing(tiled.output, whole.output)).toBeGreaterThan(0);
});

test('tiles at the edges are cut short, not padded', async () => {
  const { net } = await upscale({ width: 70, height: 40, tile: 32, tilePad: 4 });
  expect(net.seen).toEqual([
    { width: 36, height: 36 },
    { width: 40, height: 36 },
    { width: 10, height: 36 },
    { width: 36, height: 12 },
    { width: 40, height: 12 },
    { width: 10, height: 12 },
  ]);
});

test('pre_pad shows the net a reflection at the right and bottom and cuts it off again', async () => {
  const plain = await upscale({ width: 20, height: 10 });
  const padded = await upscale({ width: 20, height: 10, prePad: 3 });
  expect(padded.net.seen).toEqual([{ width: 23, height: 13 }]);
  const places = new Set<string>();
  padded.output.forEach((sample, i) => {
    const [x, y] = [(i % 800) % 40, Math.floor((i % 800) / 40)];
    if (sample !== plain.output[i]) places.add(x >= 38 ? 'right' : y >= 18 ? 'bottom' : 'inside');
  });
  expect(places).toEqual(new Set(['right', 'bottom']));
  const tiled = await upscale({ width: 20, height: 10, prePad: 3, tile: 8, tilePad: 2 });
  expectSame(tiled.output, padded.output);
});

test('tiles that lie in the padding altogether are not computed', async () => {
  const { net } = await upscale({ width: 64, height: 32, prePad: 10, tile: 32, tilePad: 0 });
  expect(net.seen).toEqual([
    { width: 32, height: 32 },
    { width: 32, height: 32 },
  ]);
});

test('after running out of memory the same frame is done with smaller tiles, which stay', async () => {
  const whole = await upscale({ width: 200, height: 120 });
  const net = fakeNet((size) => (size.width * size.height > 70 * 70 ? outOfMemory(size) : undefined));
  const run = await upscale({ width: 200, height: 120, tilePad: 4, net });
  expectSame(run.output, whole.output);
  expect(run.notices).toEqual([
    'out of memory with whole frames: going on with tiles of 100 pixels',
    'out of memory with tiles of 100 pixels: going on with tiles of 50 pixels',
  ]);
  expect(run.progress).toHaveLength(12);
  expect(run.progress.at(-1)).toEqual({ done: 12, tiles: 12, tile: 50 });

  const again = await run.frame();
  expectSame(again.output, whole.output);
  expect(run.notices).toHaveLength(2);
  expect(net.seen).toHaveLength(24);
});

test('running out of memory in the middle of a frame leaves no trace in the picture', async () => {
  const whole = await upscale({ width: 128, height: 128 });
  let calls = 0;
  const net = fakeNet((size) =>
    ++calls === 3 ? new Error('CUDA error: out of memory') : size.width > 128 ? outOfMemory(size) : undefined,
  );
  const run = await upscale({ width: 128, height: 128, tile: 64, tilePad: 2, net });
  expectSame(run.output, whole.output);
  expect(run.progress.at(-1)?.tile).toBe(32);
});

test('a model that does not fit even with tiles of 32 pixels fails with one clear line', async () => {
  const net = fakeNet(outOfMemory);
  await expect(upscale({ width: 128, height: 96, net })).rejects.toMatchObject({
    name: 'UserError',
    message: 'the model does not fit into memory even with tiles of 32 pixels: use a smaller model, or another device',
  });
});

test('other errors of the net are passed on', async () => {
  const net = fakeNet(() => new Error('CUDA failure 700: an illegal memory access was encountered'));
  await expect(upscale({ width: 64, height: 64, net })).rejects.toThrow('failure 700');
});

test('a frame is given up between tiles', async () => {
  const net = fakeNet();
  const tiler = new Tiler({
    net,
    width: 64,
    height: 64,
    scale: 2,
    tile: 32,
    tilePad: 0,
    ...none,
    onNotice: () => undefined,
  });
  const output = new Uint8Array(3 * 128 * 128);
  expect(
    await tiler.upscale(
      noise(3 * 64 * 64, 8),
      output,
      () => undefined,
      () => net.seen.length === 2,
    ),
  ).toBe('stopped');
  expect(net.seen).toHaveLength(2);
});

test('a value that is not a number in any tile is told', async () => {
  let calls = 0;
  const net: FrameNet = { run: () => Promise.resolve({ nan: ++calls === 3 }) };
  const { result } = await upscale({ width: 64, height: 64, tile: 32, net });
  expect(result).toEqual({ nan: true });
  expect(calls).toBe(4);
});

test('the picture is reflected to a multiple of the alignment, after pre_pad, and cut back', async () => {
  const plain = await upscale({ width: 21, height: 11 });
  const aligned = await upscale({ width: 21, height: 11, alignment: 4 });
  expect(aligned.net.seen).toEqual([{ width: 24, height: 12 }]);
  expect(aligned.output).toHaveLength(plain.output.length);
  // The net sees one neighbour: only the last two lines and columns, which are doubled, may differ.
  expect(differing(aligned.output, plain.output)).toBeGreaterThan(0);
  expect(differing(aligned.output, plain.output)).toBeLessThanOrEqual(3 * 2 * (42 + 22));
  expect((await upscale({ width: 21, height: 11, alignment: 4, prePad: 4 })).net.seen).toEqual([
    { width: 28, height: 16 },
  ]);
  expect((await upscale({ width: 24, height: 12, alignment: 4 })).net.seen).toEqual([{ width: 24, height: 12 }]);
});

test.each([
  [3, 34, 5],
  [4, 35, 2],
  [2, 33, 1],
])(
  'with an alignment of %i every tile of a wanted %i with a pad of %i has a size that fits',
  async (alignment, tile, tilePad) => {
    const whole = await upscale({ width: 101, height: 67, alignment });
    const { net, output } = await upscale({ width: 101, height: 67, alignment, tile, tilePad });
    expect(net.seen.length).toBeGreaterThan(4);
    for (const { width, height } of net.seen) expect([width % alignment, height % alignment]).toEqual([0, 0]);
    expectSame(output, whole.output);
  },
);

test('after running out of memory tiles are still multiples of the alignment', async () => {
  const net = fakeNet((size) => (size.width * size.height > 70 * 70 ? outOfMemory(size) : undefined));
  const run = await upscale({ width: 202, height: 120, tilePad: 4, alignment: 6, net });
  for (const { width, height } of net.seen) expect([width % 6, height % 6]).toEqual([0, 0]);
  expect(run.progress.at(-1)?.tile).toBe(54);
  expectSame(run.output, (await upscale({ width: 202, height: 120, alignment: 6 })).output);
});

test.each([
  [100, 70, 32, 24, 4],
  [32, 24, 32, 24, 4],
  [50, 24, 32, 24, 0],
])('%i x %i through a net that takes %i x %i only', async (width, height, wide, high, tilePad) => {
  const whole = await upscale({ width, height });
  const { net, output } = await upscale({ width, height, fixed: { width: wide, height: high }, tilePad });
  for (const size of net.seen) expect(size).toEqual({ width: wide, height: high });
  if (tilePad > 0) expectSame(output, whole.output);
});

test('a frame that is smaller than the only size of the net is reflected up to it', async () => {
  const whole = await upscale({ width: 20, height: 50 });
  const { net, output } = await upscale({ width: 20, height: 50, fixed: { width: 32, height: 32 }, tilePad: 2 });
  expect(net.seen).toEqual([
    { width: 32, height: 32 },
    { width: 32, height: 32 },
  ]);
  expect(output).toHaveLength(whole.output.length);
  // Only the doubled last column sees the reflection.
  expect(differing(output, whole.output)).toBeLessThanOrEqual(3 * 2 * 100);
});

test('a net of one size that does not fit into memory fails with one clear line', async () => {
  const net = fakeNet(outOfMemory);
  await expect(upscale({ width: 128, height: 96, fixed: { width: 64, height: 64 }, net })).rejects.toMatchObject({
    name: 'UserError',
    message:
      'the model takes pictures of 64x64 only, and they do not fit into memory: use another model, or another device',
  });
});

test.each([
  [1, 8],
  [1, 16],
  [3, 16],
] as const)('pictures of %i plane(s) of %i bits go through tiles', async (planes, bitDepth) => {
  const whole = await upscale({ width: 65, height: 47, planes, bitDepth });
  expect(whole.output).toHaveLength(planes * 65 * 47 * 4);
  expect(whole.output).toBeInstanceOf(bitDepth === 8 ? Uint8Array : Uint16Array);
  expectSame(
    (await upscale({ width: 65, height: 47, planes, bitDepth, tile: 32, tilePad: 2, alignment: 2 })).output,
    (await upscale({ width: 65, height: 47, planes, bitDepth, alignment: 2 })).output,
  );
});
