import { expect, it } from 'vitest';
import { parseFlags } from '../../../src/client/job/flags.js';
import { resolvePicture } from '../../../src/client/job/pictureFlags.js';
import type { SourceInfo } from '../../../src/job/source.js';

const source = (transfer?: string) =>
  ({ video: { color: { tags: { ...(transfer && { transfer }) } } } }) as SourceInfo;

it('the result has 8 bits, of HDR 10, unless it is said otherwise', () => {
  expect(resolvePicture({}, undefined, source())).toMatchObject({ bitDepth: 8 });
  expect(resolvePicture({ bitDepth: 10 }, undefined, source('bt709'))).toMatchObject({ bitDepth: 10 });
  expect(resolvePicture({}, { deinterlace: 'off', bitDepth: 10 }, source())).toEqual({
    deinterlace: 'off',
    bitDepth: 10,
  });
  for (const transfer of ['smpte2084', 'arib-std-b67'])
    expect(resolvePicture({}, undefined, source(transfer))).toMatchObject({ bitDepth: 10 });
});

it('HDR in 8 bits is refused with what to do', () => {
  expect(() => resolvePicture({ bitDepth: 8 }, undefined, source('smpte2084'))).toThrow(
    /^--bit-depth 8: the source is HDR \(PQ\).*: leave the flag out$/,
  );
});

it('other depths are no depths', () => {
  expect(parseFlags({ bitDepth: '10' })).toEqual({ bitDepth: 10 });
  for (const bitDepth of ['12', '8.0', '', 'ten'])
    expect(() => parseFlags({ bitDepth })).toThrow('--bit-depth: must be 8 or 10');
});

it('a part is given by times, a rectangle as WxH+X+Y', () => {
  expect(parseFlags({ from: '90.5', to: '0:10:30.04', crop: '720x432+0+72' })).toEqual({
    from: 90.5,
    to: 630.04,
    crop: { width: 720, height: 432, x: 0, y: 72 },
  });
  expect(parseFlags({ from: '1:30', crop: 'auto' })).toEqual({ from: 90, crop: 'auto' });
  for (const from of ['', '-1', '1:75', 'ten', '1h'])
    expect(() => parseFlags({ from })).toThrow(
      '--from: must be a time in seconds or as [HH:]MM:SS, such as 83.5 or 1:23.5',
    );
  for (const crop of ['', 'none', '720x432', '720x432-1+0', '0x10+0+0', '720x432+0.5+0'])
    expect(() => parseFlags({ crop })).toThrow('--crop: must be WxH+X+Y, such as 720x432+0+72, or auto');
});

it('the programme of the source is recorded, asked for or not, and its number has 16 bits', () => {
  expect(
    resolvePicture({}, { deinterlace: 'off', bitDepth: 8, program: 1 }, { ...source(), program: 2 }),
  ).toMatchObject({ program: 2 });
  expect(resolvePicture({ program: 1 }, undefined, source())).not.toHaveProperty('program');
  expect(parseFlags({ program: '2' })).toEqual({ program: 2 });
  for (const program of ['', '0', '1.5', '65536', 'one'])
    expect(() => parseFlags({ program })).toThrow('--program: must be a whole number from 1 to 65535');
});

it('a part ends behind its beginning', () => {
  expect(() => parseFlags({ from: '10', to: '10' })).toThrow('--to 0:10.000 must be later than --from 0:10.000');
  expect(() => parseFlags({ to: '0' })).toThrow('--to 0:00.000 must be later than --from 0:00.000');
});
