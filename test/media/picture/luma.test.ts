import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { SourceInfo } from '../../../src/job/source.js';
import { argv } from '../../../src/lib/argv.js';
import { mergeLuma } from '../../../src/media/picture/luma.js';
import { ffmpeg, scratchFolder } from '../../support/media.js';
import { frameSource, pixels } from '../encodeSupport.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);

describe('luma and chroma', () => {
  let info: SourceInfo;

  beforeAll(async () => {
    await ffmpeg(
      ...argv`-f lavfi -i testsrc2=size=36x20:rate=25:duration=0.04 -pix_fmt yuv420p -c:v ffv1 ${at('source.mkv')}`,
    );
    ({ info } = await frameSource(at('source.mkv')));
  });

  it.each(
    (['limited', 'full'] as const).flatMap((range) =>
      (['bt601', 'bt2020nc'] as const).flatMap((matrix) =>
        ([8, 16] as const).flatMap((bitDepth) => [
          { range, matrix, bitDepth, width: 36, height: 20, resize: undefined },
          { range, matrix, bitDepth, width: 33, height: 21, resize: undefined },
          { range, matrix, bitDepth, width: 36, height: 20, resize: { width: 58, height: 34 } },
        ]),
      ),
    ),
  )(
    'are joined as they are: $range, $matrix, $bitDepth bits, $width pixels wide to $resize.width',
    async ({ range, matrix, bitDepth, width, height, resize }) => {
      const video = { ...info.video, color: { ...info.video.color, range, matrix } };
      const graph = mergeLuma({ ...info, video }, { width, height, scale: 1, bitDepth, resize }, 8);
      // One value in each plane, darker and more colourful than limited range has it.
      const [y, cb, cr] = [10, 5, 250];
      const unit = bitDepth === 8 ? 1 : range === 'full' ? 257 : 256;
      const chroma = (value: number): number => (bitDepth === 8 ? value : 128 * 256 + (value - 128) * unit);
      const [gray, yuv] = bitDepth === 16 ? ['gray16le', 'yuv420p16le'] : ['gray', 'yuv420p'];
      const raw = (format: string, values: string): string[] =>
        argv`-f lavfi -i nullsrc=size=${width}x${height}:rate=25:duration=0.04,format=${format},geq=${values}`;
      const [luma, small, merged] = [at('luma.nut'), at('small.nut'), at('merged.nut')];
      await ffmpeg(...raw(gray, `lum=${y * unit}`), '-c:v', 'rawvideo', luma);
      await ffmpeg(...raw(yuv, `lum=0:cb=${chroma(cb)}:cr=${chroma(cr)}`), '-c:v', 'rawvideo', small);
      // No filter may get anything converted that the graph does not ask for.
      await ffmpeg(
        ...argv`
          -noauto_conversion_filters -i ${luma} -i ${small} -filter_complex ${graph} -map [v] -c:v rawvideo ${merged}
        `,
      );
      const bytes = await pixels(merged, 'yuv420p');
      const even = (n: number): number => n + (n % 2);
      const size = resize ?? { width: even(width), height: even(height) };
      const samples = size.width * size.height;
      expect(bytes.length).toBe(samples * 1.5);
      expect([
        new Set(bytes.subarray(0, samples)),
        new Set(bytes.subarray(samples, samples * 1.25)),
        new Set(bytes.subarray(samples * 1.25)),
      ]).toEqual([new Set([y]), new Set([cb]), new Set([cr])]);
    },
  );
});
