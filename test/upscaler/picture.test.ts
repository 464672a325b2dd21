import { expect, test } from 'vitest';
import { copyRect, isBlack, mean, pictureBytes, reflectPad, type Picture } from '../../src/upscaler/picture.js';
import { requireSound } from '../../src/upscaler/soundness.js';

const blank = (width: number, height: number): Picture => ({ data: new Uint8Array(pictureBytes(width, height)), width, height });
const counted = (width: number, height: number): Picture => ({ data: Uint8Array.from({ length: pictureBytes(width, height) }, (_, i) => i), width, height });

test('padding reflects at the right and bottom without repeating the edge, in every plane', () => {
  const to = blank(5, 4);
  reflectPad(counted(3, 2), to);
  const plane = (from: number) => [
    [0, 1, 2, 1, 0],
    [3, 4, 5, 4, 3],
    [0, 1, 2, 1, 0],
    [3, 4, 5, 4, 3],
  ].flat().map((sample) => sample + from);
  expect([...to.data]).toEqual([...plane(0), ...plane(6), ...plane(12)]);
});

test('padding that is wider than the picture goes on reflecting', () => {
  const to = blank(7, 1);
  reflectPad({ data: Uint8Array.of(1, 2, 1, 2, 1, 2), width: 2, height: 1 }, to);
  expect([...to.data.subarray(0, 7)]).toEqual([1, 2, 1, 2, 1, 2, 1]);
});

test('a rectangle is copied in every plane', () => {
  const to = blank(2, 2);
  copyRect(counted(4, 3), { x: 2, y: 1, width: 2, height: 1 }, to, 0, 1);
  expect([...to.data]).toEqual([0, 0, 6, 7, 0, 0, 18, 19, 0, 0, 30, 31]);
});

test('black and the mean', () => {
  expect(isBlack(Uint8Array.of(0, 1, 1))).toBe(true);
  expect(isBlack(Uint8Array.of(0, 1, 2))).toBe(false);
  expect(mean(Uint8Array.of(0, 10, 20))).toBe(10);
});

test('a black result is refused only where the source is not black', () => {
  const dark = new Uint8Array(12).fill(2);
  const lit = new Uint8Array(12).fill(60);
  const black = new Uint8Array(48);
  expect(() => { requireSound(lit, black, false); }).toThrow(/black pictures.*--precision fp32/);
  expect(() => { requireSound(lit, lit, true); }).toThrow(/NaN.*another model/);
  expect(() => { requireSound(dark, black, false); }).not.toThrow();
  expect(() => { requireSound(lit, lit, false); }).not.toThrow();
});
