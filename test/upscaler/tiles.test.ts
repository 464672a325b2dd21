import fc from 'fast-check';
import { expect, test } from 'vitest';
import { leastTile, planTiles, planWindows, smallerTile, type Tile } from '../../src/upscaler/tiles.js';

/** How often each pixel is kept. @throws where something outside of the picture is. */
function kept(tiles: readonly Tile[], width: number, height: number): Uint8Array {
  const times = new Uint8Array(width * height);
  for (const { kept, seen } of tiles) {
    for (const { x, y, width: w, height: h } of [kept, seen]) {
      if (x < 0 || y < 0 || w <= 0 || h <= 0 || x + w > width || y + h > height)
        throw new Error(`${w}x${h}+${x}+${y} is not within ${width}x${height}`);
    }
    for (let y = kept.y; y < kept.y + kept.height; y++) {
      for (let x = kept.x; x < kept.x + kept.width; x++) times[y * width + x]!++;
    }
  }
  return times;
}

/** Context on the four sides of a tile: at least `pad`, or up to the picture's edge. */
const context = ({ seen, kept }: Tile, width: number, height: number): { pixels: number; toEdge: boolean }[] => [
  { pixels: kept.x - seen.x, toEdge: seen.x === 0 },
  { pixels: kept.y - seen.y, toEdge: seen.y === 0 },
  { pixels: seen.x + seen.width - kept.x - kept.width, toEdge: seen.x + seen.width === width },
  { pixels: seen.y + seen.height - kept.y - kept.height, toEdge: seen.y + seen.height === height },
];

const side = fc.integer({ min: 1, max: 100 });

test('a tile of 0 is the whole picture', () => {
  const whole = { x: 0, y: 0, width: 37, height: 21 };
  expect(planTiles(37, 21, 0, 10)).toEqual([{ seen: whole, kept: whole }]);
});

test('tiles and their context are clamped at the edges of the picture', () => {
  expect(planTiles(50, 20, 32, 10)).toEqual([
    { seen: { x: 0, y: 0, width: 42, height: 20 }, kept: { x: 0, y: 0, width: 32, height: 20 } },
    { seen: { x: 22, y: 0, width: 28, height: 20 }, kept: { x: 32, y: 0, width: 18, height: 20 } },
  ]);
});

test('tiles cover every pixel once, and have their context wherever the picture has it', () => {
  fc.assert(
    fc.property(side, side, fc.nat({ max: 110 }), fc.nat({ max: 40 }), (width, height, tile, pad) => {
      fc.pre(tile === 0 || Math.ceil(width / tile) * Math.ceil(height / tile) < 500);
      const tiles = planTiles(width, height, tile, pad);
      expect(kept(tiles, width, height).every((times) => times === 1)).toBe(true);
      const small = (length: number): boolean => tile === 0 || length <= tile;
      expect(tiles.every(({ kept }) => small(kept.width) && small(kept.height))).toBe(true);
      const sides = tiles.flatMap((each) => context(each, width, height));
      expect(sides.filter(({ pixels, toEdge }) => pixels !== pad && !(toEdge && pixels <= pad))).toEqual([]);
    }),
    { numRuns: 100, examples: [[720, 576, 256, 7]] },
  );
});

test('whatever memory there is, tiles are halved at most, stay multiples of the step and come to an end', () => {
  const dimension = fc.integer({ min: 1, max: 8000 });
  fc.assert(
    fc.property(dimension, dimension, fc.nat({ max: 4000 }), fc.integer({ min: 1, max: 64 }), (w, h, tile, step) => {
      let before = tile === 0 ? Math.max(w, h) : Math.min(tile, Math.max(w, h));
      for (
        let next = smallerTile(w, h, tile, step), left = 14;
        next !== undefined;
        next = smallerTile(w, h, next, step)
      ) {
        expect(next % step).toBe(0);
        expect(next).toBeLessThan(before);
        expect(next).toBeGreaterThanOrEqual(before / 2);
        expect(next).toBeGreaterThanOrEqual(32);
        expect(left--).toBeGreaterThan(0);
        before = next;
      }
    }),
    { numRuns: 200 },
  );
});

test('a tile that is chosen unasked is mostly its own, not its context', () => {
  fc.assert(
    fc.property(fc.nat({ max: 500 }), (pad) => {
      expect(leastTile(pad) % 32).toBe(0);
      expect(leastTile(pad)).toBeGreaterThanOrEqual(Math.max(64, (pad * 8) / 3));
      expect(leastTile(pad)).toBeLessThan(Math.max(64, (pad * 8) / 3) + 32);
    }),
  );
});

test('the tile is halved and even, from the larger edge of a whole frame down to 32', () => {
  expect(smallerTile(720, 576, 0, 2)).toBe(360);
  expect(smallerTile(722, 576, 0, 2)).toBe(362);
  expect(smallerTile(720, 576, 360, 2)).toBe(180);
  expect(smallerTile(720, 576, 90, 2)).toBe(46);
  expect(smallerTile(200, 100, 512, 2)).toBe(100);
  expect(smallerTile(720, 576, 64, 2)).toBe(32);
  expect(smallerTile(720, 576, 46, 2)).toBeUndefined();
  expect(smallerTile(720, 576, 32, 2)).toBeUndefined();
});

test('tiles stay multiples of the step while they are halved', () => {
  expect(smallerTile(720, 576, 0, 16)).toBe(368);
  expect(smallerTile(720, 576, 90, 6)).toBe(48);
  expect(smallerTile(720, 576, 64, 64)).toBeUndefined();
});

test('windows of one size keep every pixel once, with its context', () => {
  fc.assert(
    fc.property(side, side, side, side, fc.nat({ max: 70 }), (a, b, c, d, pad) => {
      const [width, height] = [Math.max(a, b), Math.max(c, d)];
      const window = { width: Math.min(a, b), height: Math.min(c, d) };
      // A window that moves by a pixel at a time takes long.
      fc.pre(width - window.width < 8 * window.width && height - window.height < 8 * window.height);
      const tiles = planWindows(width, height, window, pad);
      expect(kept(tiles, width, height).every((times) => times === 1)).toBe(true);
      expect(tiles.every(({ seen }) => seen.width === window.width && seen.height === window.height)).toBe(true);
      const least = [window.width, window.height].map((edge) => Math.min(pad, (edge - 1) >> 1));
      const sides = tiles.flatMap((each) =>
        context(each, width, height).map((of, i) => ({ ...of, least: least[i % 2] })),
      );
      expect(sides.filter(({ pixels, toEdge, least = 0 }) => pixels < least && !toEdge)).toEqual([]);
    }),
    {
      numRuns: 60,
      examples: [
        [500, 224, 300, 224, 10],
        [225, 224, 448, 224, 32],
        [640, 97, 97, 97, 60],
        [40, 8, 33, 8, 3],
      ],
    },
  );
});

test('a picture that holds no window is refused', () => {
  expect(() => planWindows(100, 50, { width: 64, height: 64 }, 0)).toThrow(RangeError);
});
