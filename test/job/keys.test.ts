import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobKey, keyOf, upscaleKey } from '../../src/job/keys.js';
import type { PictureSpec } from '../../src/job/pictureSpec.js';
import type { ModelMethod } from '../../src/job/spec.js';

const method: ModelMethod = {
  kind: 'model',
  name: 'a',
  file: { root: 'models', path: 'a/model.onnx' },
  digest: '0'.repeat(64),
  scale: 2,
  precision: 'fp32',
  tile: 0,
  tilePad: 18,
  prePad: 0,
  pixels: 'rgb',
  alignment: 1,
  blend: 0,
};
const picture: PictureSpec = { deinterlace: 'auto', bitDepth: 8 };
const crop = { x: 0, y: 8, width: 64, height: 48 };
const encode = { codec: 'h264' as const, crf: 23, preset: 'fast' as const, threads: 2 };
const input = { root: 'media' as const, path: 'in.mp4' };
const output = { root: 'media' as const, path: 'out.mp4' };

describe('the keys of a job', () => {
  it('take a model by its bytes, not by its name or place', () => {
    const moved = { ...method, name: 'b', file: { root: 'media' as const, path: 'b.onnx' } };
    expect(upscaleKey('d', moved, picture)).toBe(upscaleKey('d', method, picture));
  });

  it('differ for everything that changes a picture', () => {
    const variants = [
      { scale: 4 },
      { tile: 256 },
      { tilePad: 10 },
      { prePad: 4 },
      { precision: 'fp16' as const },
      { blend: 0.5 },
      { denoise: 0.5 },
      { pixels: 'luma' as const },
      { alignment: 2 },
      { outOfGamut: 'carried' as const },
      { fixed: { width: 64, height: 64 } },
      { digest: '1'.repeat(64) },
    ];
    const keys = [method, ...variants.map((variant) => ({ ...method, ...variant }))].map((entry) =>
      upscaleKey('d', entry, picture),
    );
    const others = [
      upscaleKey('other', method, picture),
      upscaleKey('d', method, { ...picture, deinterlace: 'off' }),
      upscaleKey('d', method, { ...picture, bitDepth: 10 }),
      upscaleKey('d', method, { ...picture, range: { from: 1 } }),
      upscaleKey('d', method, { ...picture, range: { to: 1 } }),
      upscaleKey('d', method, { ...picture, crop }),
    ];
    expect(new Set([...keys, ...others]).size).toBe(keys.length + others.length);
  });

  it('do not tell how a crop was found', () => {
    expect(upscaleKey('d', method, { ...picture, crop: { ...crop, found: true } })).toBe(
      upscaleKey('d', method, { ...picture, crop }),
    );
  });

  it('of jobs from before a setting could be chosen stay what they were', () => {
    expect(upscaleKey('d', method, picture)).toBe('072a5c06f269fa19752c9e10bd4b3318');
  });

  it('share the upscaled pictures between encodes, and tell the jobs apart', () => {
    const up = upscaleKey('d', method, picture);
    const keys = [
      jobKey(up, encode, { audio: 'auto' }, input, output),
      jobKey(up, { ...encode, crf: 18 }, { audio: 'auto' }, input, output),
      jobKey(up, encode, { audio: 'auto' }, input, { ...output, path: 'c.mp4' }),
    ];
    expect(new Set(keys).size).toBe(3);
  });

  it('tell sound that is copied from sound that may be converted', () => {
    const up = upscaleKey('d', method, picture);
    const keys = (['auto', 'copy'] as const).map((audio) => jobKey(up, encode, { audio }, input, output));
    expect(keys[0]).not.toBe(keys[1]);
  });

  it('do not depend on the order in which a spec was written', () => {
    const { scale, ...rest } = method;
    expect(upscaleKey('d', { ...rest, scale }, picture)).toBe(upscaleKey('d', method, picture));
  });
});

describe('the digest of a value', () => {
  it('is what it was: keys name folders on disk', () => {
    expect(keyOf({ b: [1, null, { d: 'é', c: undefined }], a: -0.5e-7, ü: true, Z: 1e21 })).toBe(
      '277dadbc666441ead1107a3bbaa3b95c',
    );
  });

  /** A value, and the same with the keys of every object in another order. */
  const reordered = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reordered);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([key, entry]) => [key, reordered(entry)]),
    );
  };
  const json = fc.dictionary(fc.string(), fc.jsonValue());

  it('does not depend on the order of keys, at any depth', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(keyOf(reordered(value) as object)).toBe(keyOf(value));
      }),
      { numRuns: 200 },
    );
  });

  it('survives being written as JSON and read again, and properties without a value do not count', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(keyOf(JSON.parse(JSON.stringify(value)) as object)).toBe(keyOf(value));
        expect(keyOf({ ...value, 'no value': undefined })).toBe(keyOf({ ...value }));
      }),
      { numRuns: 200 },
    );
  });

  it('is the same for two values only where they are the same in JSON', () => {
    const parsed = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
        expect(keyOf({ a }) === keyOf({ a: b })).toBe(isDeepStrictEqual(parsed(a), parsed(b)));
      }),
      { numRuns: 200 },
    );
  });

  it.each([[NaN], [Infinity]])('is refused for %d, which JSON does not have', (number) => {
    expect(() => keyOf({ number })).toThrow();
  });
});
