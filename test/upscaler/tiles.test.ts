import { expect, test } from 'vitest';
import { planTiles, planWindows, smallerTile } from '../../src/upscaler/tiles.js';

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

test.each([
  [720, 576, 256],
  [101, 67, 32],
  [64, 64, 32],
  [33, 32, 32],
])('the tiles of %i x %i by %i cover every pixel once', (width, height, tile) => {
  const covered = new Uint8Array(width * height);
  for (const { kept, seen } of planTiles(width, height, tile, 7)) {
    expect(seen.x).toBe(Math.max(0, kept.x - 7));
    expect(seen.y + seen.height).toBe(Math.min(height, kept.y + kept.height + 7));
    for (let y = kept.y; y < kept.y + kept.height; y++) {
      for (let x = kept.x; x < kept.x + kept.width; x++) covered[y * width + x]!++;
    }
  }
  expect(covered.every((times) => times === 1)).toBe(true);
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

test.each([
  [500, 300, 224, 10],
  [224, 224, 224, 32],
  [225, 448, 224, 32],
  [640, 97, 97, 60],
  [40, 33, 8, 3],
])('windows of one size keep every pixel of %i x %i once', (width, height, edge, pad) => {
  const window = { width: edge, height: edge };
  const covered = new Uint8Array(width * height);
  const context = Math.min(pad, (edge - 1) >> 1);
  for (const { kept, seen } of planWindows(width, height, window, pad)) {
    expect([seen.width, seen.height]).toEqual([edge, edge]);
    expect(seen.x >= 0 && seen.y >= 0 && seen.x + edge <= width && seen.y + edge <= height).toBe(true);
    // Context on every side, or the picture's edge.
    expect(kept.x - seen.x >= context || kept.x === 0).toBe(true);
    expect(kept.y - seen.y >= context || kept.y === 0).toBe(true);
    expect(seen.x + edge - kept.x - kept.width >= context || kept.x + kept.width === width).toBe(true);
    expect(seen.y + edge - kept.y - kept.height >= context || kept.y + kept.height === height).toBe(true);
    for (let y = kept.y; y < kept.y + kept.height; y++) {
      for (let x = kept.x; x < kept.x + kept.width; x++) covered[y * width + x]!++;
    }
  }
  expect(covered.every((times) => times === 1)).toBe(true);
});

test('a picture that holds no window is refused', () => {
  expect(() => planWindows(100, 50, { width: 64, height: 64 }, 0)).toThrow(RangeError);
});
