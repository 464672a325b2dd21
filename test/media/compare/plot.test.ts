import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { panelsOf, plotSvg, rasterise } from '../../../src/media/compare/plot.js';
import { hasDecoder } from '../../../src/media/ffmpeg/abilities.js';
import { scratchFolder } from '../../support/media.js';
import { crop, readPng } from '../../support/rasters.js';

const folder = scratchFolder();

const wave = (frames: number): number[] => Array.from({ length: frames }, (_, i) => 40 + 5 * Math.sin(i / 7));
const points = (svg: string): string[] =>
  [...svg.matchAll(/<polyline class="curve" points="([^"]*)"/g)].flatMap(([, list]) => list?.split(' ') ?? []);

describe('a plot', () => {
  it('has a panel for each measure, over all planes', () => {
    expect(
      panelsOf([
        { measure: 'psnr', plane: 'y', values: [1] },
        { measure: 'psnr', plane: 'average', values: [2] },
        { measure: 'ssim', values: [3] },
        { measure: 'vmaf', values: [4] },
      ]),
    ).toEqual([
      { title: 'PSNR, dB', values: [2] },
      { title: 'SSIM', values: [3] },
      { title: 'VMAF', values: [4] },
    ]);
  });

  it('has a point for each frame of a short video, the higher the better', () => {
    const list = points(plotSvg('t', [{ title: 'PSNR, dB', values: [30, 40, 35] }])).map((point) =>
      point.split(',').map(Number),
    );
    expect(list.map(([x]) => x)).toEqual([64, 500, 936]);
    const [low, high, middle] = list.map(([, y]) => y) as [number, number, number];
    expect(high).toBeLessThan(middle);
    expect(middle).toBeLessThan(low);
  });

  it('does not grow with the length of a video, and shows the range of the frames that share a column', () => {
    const values = wave(50_000);
    values[25_000] = 3;
    const svg = plotSvg('t', [{ title: 'PSNR, dB', values }]);
    expect(svg.length).toBeLessThan(60_000);
    expect(points(svg).length).toBeLessThan(1000);
    expect(svg).toContain('<polygon class="range"');
  });

  it.each([[[Infinity, Infinity]], [[30, Infinity, 31]], [[5]], [[Infinity]], [[1, 1, 1]]])(
    'has finite coordinates for %j',
    (values) => {
      const svg = plotSvg('t', [{ title: 'PSNR, dB', values }]);
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
      expect(svg).toMatch(/<polyline|<circle/);
    },
  );

  it('holds names as text', () => {
    const svg = plotSvg('</text><script>&"\u0000\ud800.mp4', [{ title: 'SSIM', values: wave(3) }]);
    expect(svg).toContain('>&lt;/text&gt;&lt;script&gt;&amp;&quot;.mp4</text>');
  });

  it('is dark on dark pages', () => {
    expect(plotSvg('t', [])).toContain('@media (prefers-color-scheme:dark)');
  });
});

it('becomes a PNG where this ffmpeg can draw it', async ({ skip }) => {
  if (!(await hasDecoder('librsvg'))) skip();
  const svg = plotSvg('t', [{ title: 'PSNR, dB', values: wave(5000) }]);
  const file = path.join(folder, 'plot %d.png');
  await rasterise(svg, file);
  const [, width, height] = (/width="(\d+)" height="(\d+)"/.exec(svg) ?? []).map(Number) as [number, number, number];
  const picture = await readPng(file, { width, height });
  expect([...crop(picture, { x: 2, y: 2, width: 1, height: 1 }).data]).toEqual([255, 255, 255]);
  // The curve crosses every column of the panel.
  for (const x of [100, 500, 900])
    expect(crop(picture, { x, y: 60, width: 1, height: 150 }).data.some((value) => value < 100)).toBe(true);
  expect((await readFile(file)).subarray(1, 4).toString()).toBe('PNG');
});
