import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { argv } from '../../../src/lib/argv.js';
import { conformSource } from '../../../src/media/intermediate/conform.js';
import { pictureNotices } from '../../../src/media/source/examine.js';
import { probeSource } from '../../../src/media/source/probe.js';
import { scanSource } from '../../../src/media/source/scan.js';
import { describeShapes } from '../../../src/media/source/shapes.js';
import { ffmpeg, scratchFolder } from '../../support/media.js';

const folder = scratchFolder();

/** A recording in which one programme follows another. */
async function recording(
  name: string,
  ...programmes: { size: string; sar: string; seconds: number }[]
): Promise<string> {
  let at = 0;
  const files: string[] = [];
  for (const { size, sar, seconds } of programmes) {
    const file = path.join(folder, `${name}-${files.length}.ts`);
    await ffmpeg(
      ...argv`
        -f lavfi -i testsrc2=size=${size}:rate=25 -t ${seconds} -vf setsar=${sar} -pix_fmt yuv420p -c:v mpeg2video
        -q:v 3 -g 5 -output_ts_offset ${at} ${file}
      `,
    );
    at += seconds;
    files.push(file);
  }
  const all = path.join(folder, `${name}.ts`);
  writeFileSync(all, Buffer.concat(files.map((file) => readFileSync(file))));
  return all;
}

const scan = async (file: string) => (await scanSource(file, await probeSource(file))).scan;

describe('a recording whose pictures change', () => {
  it('in the shape of their pixels, is told with the time', async () => {
    const found = await scan(
      await recording(
        'shape',
        { size: '180x144', sar: '16/15', seconds: 1 },
        { size: '180x144', sar: '64/45', seconds: 2 },
      ),
    );
    expect(
      found.shapes?.map(({ width, height, sampleAspectRatio }) => ({ width, height, sampleAspectRatio })),
    ).toEqual([
      { width: 180, height: 144, sampleAspectRatio: { num: 16, den: 15 } },
      { width: 180, height: 144, sampleAspectRatio: { num: 64, den: 45 } },
    ]);
    expect(pictureNotices(found)).toEqual([
      'the shape of the pictures changes: 180x144 with pixels of 16:15, ' +
        'from 1.0 s on 180x144 with pixels of 64:45; ' +
        'all are shown as the first ones, so that others may look squeezed',
    ]);
  });

  it('in their size, is told and read in one pass that brings all to one size', async () => {
    const file = await recording(
      'size',
      { size: '88x72', sar: '12/11', seconds: 1 },
      { size: '180x144', sar: '16/15', seconds: 2 },
    );
    const found = await scan(file);
    expect(found).toMatchObject({ seekable: false });
    expect(pictureNotices(found)).toEqual([expect.stringContaining('from 1.0 s on 180x144')]);
    const { file: made, decoded } = await conformSource(file, found.info, folder);
    expect(decoded).toBeGreaterThanOrEqual(74);
    const { stdout } = await execa(
      'ffprobe',
      argv`-v error -show_entries frame=width,height -of csv=p=0 ${path.join(folder, made)}`,
    );
    expect(new Set(stdout.split('\n'))).toEqual(new Set(['88,72']));
  });

  it('is seen in H.264 too', async () => {
    const parts = await Promise.all(
      ['4/3', '1/1'].map(async (sar, i) => {
        const file = path.join(folder, `avc-${i}.ts`);
        await ffmpeg(
          ...argv`
            -f lavfi -i testsrc2=size=96x64:rate=25:duration=1 -vf setsar=${sar} -pix_fmt yuv420p -c:v libx264 -g 10
            -output_ts_offset ${i} ${file}
          `,
        );
        return readFileSync(file);
      }),
    );
    const file = path.join(folder, 'avc.ts');
    writeFileSync(file, Buffer.concat(parts));
    expect((await scan(file)).shapes?.map(({ sampleAspectRatio: { num, den } }) => `${num}:${den}`)).toEqual([
      '4:3',
      '1:1',
    ]);
  });

  it('is not one that stays as it is', async () => {
    expect(
      await scan(
        await recording(
          'same',
          { size: '180x144', sar: '16/15', seconds: 1 },
          { size: '180x144', sar: '16/15', seconds: 1 },
        ),
      ),
    ).not.toHaveProperty('shapes');
  });

  it('often, is told in one line all the same', () => {
    const shapes = [4, 16, 4, 16, 4].map((num, i) => ({
      seconds: 10 + i,
      width: 720,
      height: 576,
      sampleAspectRatio: { num, den: 3 },
    }));
    expect(describeShapes(shapes)).toMatch(
      /720x576 with pixels of 4:3, from 1\.0 s on .*, from 3\.0 s on .* and 1 more;/,
    );
  });
});
