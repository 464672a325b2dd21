import { expect, it } from 'vitest';
import { parseFlags } from '../../../src/client/job/flags.js';
import { UserError } from '../../../src/lib/errors.js';

it('text becomes numbers, lists and choices; what was not given is not there', () => {
  expect(
    parseFlags({
      scale: '2',
      crf: '18.5',
      tile: '256',
      tilePad: 'auto',
      prePad: '0',
      encoderPreset: 'veryslow',
      segmentFrames: '500',
      checkpointFrames: '1',
      device: 'cuda:1',
      tag: 'fast, big',
      precision: 'fp16',
      preset: 'preview',
      keepMezzanine: true,
    }),
  ).toEqual({
    scale: 2,
    crf: 18.5,
    tile: 256,
    tilePad: 'auto',
    prePad: 0,
    encoderPreset: 'veryslow',
    segmentFrames: 500,
    checkpointFrames: 1,
    device: 'cuda:1',
    tag: ['fast', 'big'],
    precision: 'fp16',
    preset: 'preview',
    keepMezzanine: true,
  });
  expect(parseFlags({})).toEqual({});
});

it.each([
  ['--output', { output: '' }],
  ['--model', { model: '' }],
  ['--scale', { scale: '0' }],
  ['--scale', { scale: '9' }],
  ['--scale', { scale: '1.5' }],
  ['--scale', { scale: 'two' }],
  ['--scale', { scale: '' }],
  ['--preset', { preset: 'best' }],
  ['--tile', { tile: '-1' }],
  ['--tile', { tile: 'big' }],
  ['--tile-pad', { tilePad: '2.5' }],
  ['--pre-pad', { prePad: '-2' }],
  ['--pre-pad', { prePad: 'auto' }],
  ['--precision', { precision: 'int8' }],
  ['--crf', { crf: '99' }],
  ['--crf', { crf: '-1' }],
  ['--crf', { crf: 'good' }],
  ['--crf', { crf: '' }],
  ['--encoder-preset', { encoderPreset: 'placebo-ish' }],
  ['--segment-frames', { segmentFrames: '0' }],
  ['--checkpoint-frames', { checkpointFrames: '0' }],
  ['--device', { device: 'gpu' }],
  ['--tag', { tag: 'a,,b' }],
  ['--tag', { tag: 'a b' }],
])('%s refuses %j in one line that names it and says what would do', (flag, options) => {
  let thrown: unknown;
  try {
    parseFlags(options);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(UserError);
  const { message } = thrown as UserError;
  expect(message.startsWith(`${flag}: must `), message).toBe(true);
  expect(message).not.toContain('\n');
});
