import { expect, it } from 'vitest';
import { resolveEncode } from '../../src/client/encode.js';

it('each codec has its own usual quality', () => {
  expect(resolveEncode({}, undefined)).toEqual({ codec: 'h264', crf: 23, preset: 'fast', threads: 2 });
  expect(resolveEncode({ codec: 'h265' }, undefined)).toMatchObject({ codec: 'h265', crf: 28 });
  expect(resolveEncode({ codec: 'av1', crf: 60 }, undefined)).toMatchObject({ codec: 'av1', crf: 60 });
});

it('what is left out is as it was before, unless it means something else in another codec', () => {
  const before = { codec: 'h264', hardware: 'nvenc', crf: 19, preset: 'slow', threads: 3 } as const;
  expect(resolveEncode({}, before)).toEqual(before);
  expect(resolveEncode({ hwEncoder: 'none', tune: 'film' }, before)).toEqual({ codec: 'h264', crf: 19, preset: 'slow', tune: 'film', threads: 3 });
  expect(resolveEncode({ codec: 'av1' }, before)).toEqual({ codec: 'av1', crf: 35, preset: 'slow', threads: 3 });
});

it.each([
  [{ crf: 60 }, '--crf: must be from 0 to 51 with H.264'],
  [{ codec: 'h265', tune: 'film' }, '--tune: must be one of animation, grain, psnr, ssim, fastdecode with H.265'],
  [{ codec: 'av1', tune: 'grain' }, '--tune: has no meaning with AV1'],
  [{ hwEncoder: 'vaapi', tune: 'grain' }, '--tune: has no meaning with --hw-encoder vaapi'],
  [{ codec: 'av1', hwEncoder: 'vaapi' }, '--hw-encoder vaapi has no encoder for AV1'],
] as const)('%j is refused', (flags, message) => {
  expect(() => resolveEncode(flags, undefined)).toThrow(message);
});
