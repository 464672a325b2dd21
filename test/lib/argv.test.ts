import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { argv } from '../../src/lib/argv.js';

describe('a line of arguments', () => {
  it('is parted where it has space, over several lines too', () => {
    expect(argv`-i a.mkv
      -map 0:v`).toEqual(['-i', 'a.mkv', '-map', '0:v']);
    expect(argv`
      -f null -
    `).toEqual(['-f', 'null', '-']);
  });

  it('joins a value to what it touches, and takes a list as many arguments', () => {
    const [width, rate] = [64, '30000/1001'];
    expect(argv`-vf scale=${width}:-2,fps=${rate} ${['-an', '-sn']} -y`).toEqual([
      '-vf',
      'scale=64:-2,fps=30000/1001',
      '-an',
      '-sn',
      '-y',
    ]);
    expect(argv`${[]}`).toEqual([]);
  });

  it('never parts a value, whatever it holds, nor drops an empty one', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string()), (value, list) => {
        expect(argv`-i ${value} -m x=${value} ${list} -y`).toEqual(['-i', value, '-m', `x=${value}`, ...list, '-y']);
      }),
      { numRuns: 200 },
    );
  });
});
