import { expect, it } from 'vitest';
import { levelWarning } from '../../../src/media/encode/level.js';

it('a picture above level 5.2 is warned about', () => {
  expect(levelWarning({ width: 4096, height: 2304 }, { num: 25, den: 1 })).toBeUndefined();
  expect(levelWarning({ width: 4112, height: 2304 }, { num: 25, den: 1 })).toMatch(
    /^4112x2304 at 25 frames a second is above H\.264 level 5\.2/,
  );
  expect(levelWarning({ width: 4096, height: 2304 }, { num: 60, den: 1 })).toContain('at 60 frames');
  expect(levelWarning({ width: 1, height: 1 }, { num: 25, den: 1 })).toBeUndefined();
});
