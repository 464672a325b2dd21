import { describe, expect, it } from 'vitest';
import { type EncodedPictures, resolveEncode } from '../../../src/client/job/encodeFlags.js';
import type { Hdr, SourceInfo } from '../../../src/job/source.js';

it('each codec has its own usual quality', () => {
  expect(resolveEncode({}, undefined)).toEqual({ codec: 'h264', crf: 23, preset: 'fast', threads: 2 });
  expect(resolveEncode({ codec: 'h265' }, undefined)).toMatchObject({ codec: 'h265', crf: 28 });
  expect(resolveEncode({ codec: 'av1', crf: 60 }, undefined)).toMatchObject({ codec: 'av1', crf: 60 });
});

it('what is left out is as it was before, unless it means something else in another codec', () => {
  const before = { codec: 'h264', hardware: 'nvenc', crf: 19, preset: 'slow', threads: 3 } as const;
  expect(resolveEncode({}, before)).toEqual(before);
  expect(resolveEncode({ hwEncoder: 'none', tune: 'film' }, before)).toEqual({
    codec: 'h264',
    crf: 19,
    preset: 'slow',
    tune: 'film',
    threads: 3,
  });
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

describe('HDR and ten bits', () => {
  const pictures = (hdr: Hdr | undefined, bitDepth: 8 | 10 = 10): EncodedPictures => ({
    bitDepth,
    info: { video: { hdr } as SourceInfo['video'] },
    size: { width: 640, height: 480 },
  });
  const metadata: Hdr = { light: { max: 1000, average: 400 } };

  it('HDR is encoded in H.265 unless AV1 is asked for', () => {
    expect(resolveEncode({}, undefined, pictures({}))).toMatchObject({ codec: 'h265', crf: 28 });
    expect(resolveEncode({ codec: 'av1' }, undefined, pictures(metadata))).toMatchObject({ codec: 'av1' });
    expect(resolveEncode({}, undefined, pictures(undefined))).toMatchObject({ codec: 'h264' });
  });

  it.each([
    [{ codec: 'h264' }, {}, /^--codec h264: the source is HDR.*: use h265 or av1, or leave the flag out$/],
    [{ hwEncoder: 'nvenc' }, metadata, /^--hw-encoder nvenc does not write HDR metadata/],
    [{ hwEncoder: 'vaapi' }, undefined, /^--hw-encoder vaapi makes H.264 of 8 bits only: choose --codec h265/],
  ] as const)('%j is refused where it would lose something', (flags, hdr, message) => {
    expect(() => resolveEncode(flags, undefined, pictures(hdr))).toThrow(message);
  });

  it('a graphics card encodes ten bits and HLG in H.265', () => {
    expect(resolveEncode({ hwEncoder: 'nvenc', codec: 'h265' }, undefined, pictures({}))).toMatchObject({
      codec: 'h265',
      hardware: 'nvenc',
    });
  });
});

it.each([
  ['h264', 16_384, 8192, undefined],
  ['h264', 16_386, 16, /16386x16, which is too large for H\.264 \(at most 16384x16384/],
  ['h264', 16_384, 16_384, /too large for H\.264/],
  ['h265', 16_384, 8192, undefined],
  ['h265', 12, 16, /12x16, which is too small for H\.265 \(at least 16x16\)/],
  ['av1', 16_384, 8704, undefined],
  ['av1', 7680, 8706, /too large for AV1 \(at most 16384x8704/],
  ['av1', 62, 64, /too small for AV1 \(at least 64x64\).*--codec h264/],
] as const)('sizes that no encoder takes are refused: %s of %ix%i', (codec, width, height, message) => {
  const resolve = () =>
    resolveEncode({ codec }, undefined, {
      bitDepth: 8,
      info: { video: {} as SourceInfo['video'] },
      size: { width, height },
    });
  if (message) expect(resolve).toThrow(message);
  else expect(resolve).not.toThrow();
});
