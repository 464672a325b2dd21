import { expect, it } from 'vitest';
import { parseFlags } from '../../src/client/flags.js';
import { resolvePicture } from '../../src/client/pictureFlags.js';
import type { SourceInfo } from '../../src/job/source.js';

const source = (transfer?: string) => ({ video: { color: { tags: { ...(transfer && { transfer }) } } } }) as SourceInfo;

it('the result has 8 bits, of HDR 10, unless it is said otherwise', () => {
  expect(resolvePicture({}, undefined, source())).toMatchObject({ bitDepth: 8 });
  expect(resolvePicture({ bitDepth: 10 }, undefined, source('bt709'))).toMatchObject({ bitDepth: 10 });
  expect(resolvePicture({}, { deinterlace: 'off', bitDepth: 10 }, source())).toEqual({ deinterlace: 'off', bitDepth: 10 });
  for (const transfer of ['smpte2084', 'arib-std-b67']) expect(resolvePicture({}, undefined, source(transfer))).toMatchObject({ bitDepth: 10 });
});

it('HDR in 8 bits is refused with what to do', () => {
  expect(() => resolvePicture({ bitDepth: 8 }, undefined, source('smpte2084'))).toThrow(/^--bit-depth 8: the source is HDR \(PQ\).*: leave the flag out$/);
});

it('other depths are no depths', () => {
  expect(parseFlags({ bitDepth: '10' })).toEqual({ bitDepth: 10 });
  for (const bitDepth of ['12', '8.0', '', 'ten']) expect(() => parseFlags({ bitDepth })).toThrow('--bit-depth: must be 8 or 10');
});
