import { expect, test } from 'vitest';
import { copyRect, type Picture, reflectPad } from '../../src/upscaler/picture.js';
import { faultOf } from '../../src/upscaler/soundness.js';

const blank = (width: number, height: number): Picture => ({
  data: new Uint8Array(3 * width * height),
  width,
  height,
  planes: 3,
});
const counted = (width: number, height: number): Picture => ({
  data: Uint8Array.from({ length: 3 * width * height }, (_, i) => i),
  width,
  height,
  planes: 3,
});

test('padding reflects at the right and bottom without repeating the edge, in every plane', () => {
  const to = blank(5, 4);
  reflectPad(counted(3, 2), to);
  const plane = (from: number) =>
    [
      [0, 1, 2, 1, 0],
      [3, 4, 5, 4, 3],
      [0, 1, 2, 1, 0],
      [3, 4, 5, 4, 3],
    ]
      .flat()
      .map((sample) => sample + from);
  expect([...to.data]).toEqual([...plane(0), ...plane(6), ...plane(12)]);
});

test('padding that is wider than the picture goes on reflecting', () => {
  const to = blank(7, 1);
  reflectPad({ data: Uint8Array.of(1, 2, 1, 2, 1, 2), width: 2, height: 1, planes: 3 }, to);
  expect([...to.data.subarray(0, 7)]).toEqual([1, 2, 1, 2, 1, 2, 1]);
});

test('what is reflected first is itself reflected by the rest of the padding', () => {
  const to = blank(7, 1);
  reflectPad({ data: Uint8Array.of(1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4), width: 4, height: 1, planes: 3 }, to, 1);
  expect([...to.data.subarray(0, 7)]).toEqual([1, 2, 3, 4, 3, 4, 3]);
});

test('a rectangle is copied in every plane', () => {
  const to = blank(2, 2);
  copyRect(counted(4, 3), { x: 2, y: 1, width: 2, height: 1 }, to, 0, 1);
  expect([...to.data]).toEqual([0, 0, 6, 7, 0, 0, 18, 19, 0, 0, 30, 31]);
});

test('a black result is a fault only where the source is not black', () => {
  const dark = new Uint8Array(12).fill(2);
  const lit = new Uint8Array(12).fill(60);
  const black = new Uint8Array(48).fill(1);
  expect(faultOf(lit, black, false)).toMatch(/black pictures/);
  expect(faultOf(lit, lit, true)).toMatch(/NaN/);
  expect(faultOf(dark, black, false)).toBeUndefined();
  expect(faultOf(lit, Uint8Array.of(...black, 2), false)).toBeUndefined();
});

test('black is measured in the code values of the samples', () => {
  const lit = new Uint16Array(12).fill(60 * 257);
  expect(faultOf(lit, new Uint16Array(48).fill(257), false)).toMatch(/black pictures/);
  expect(faultOf(lit, new Uint16Array(48).fill(258), false)).toBeUndefined();
  expect(faultOf(new Uint16Array(12).fill(8 * 257), new Uint16Array(48), false)).toBeUndefined();
});
