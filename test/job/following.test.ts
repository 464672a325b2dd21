import { expect, it } from 'vitest';
import { encodeSecondsOf, followedPart } from '../../src/job/following.js';

const outputPixels = 2880 * 2304;

it.each([
  ['a device about as fast as the encode: parts of 25 frames', { fps: 5, threads: 2 }, 25],
  ['a fast one: half a second of work', { fps: 120, threads: 2 }, 60],
  ['no slow one, for which an encode would hold its place', { fps: 1, threads: 2 }, undefined],
  ['no device beside which the encode has many cores', { fps: 5, threads: 16 }, undefined],
  ['none that nobody has measured', { fps: undefined, threads: 2 }, undefined],
])('an encode follows %s', (_, { fps, threads }, part) => {
  expect(followedPart(fps, encodeSecondsOf(outputPixels, threads))).toBe(part);
});
