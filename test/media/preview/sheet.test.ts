import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { centredWindow, withContext } from '../../../src/media/picture/cropWindow.js';
import { Raster, writePng } from '../../../src/media/picture/raster.js';
import { drawSheet } from '../../../src/media/preview/sheet.js';
import { scratchFolder } from '../../support/media.js';
import { crop, readPng, same } from '../../support/rasters.js';

const folder = scratchFolder();

/** Every pixel differs from its neighbours. */
const picture = (width: number, height: number): Raster =>
  new Raster(
    width,
    height,
    Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37) % 251),
  );

describe('a sheet', () => {
  const cell = (size: [number, number], zoom: number, title: string) => ({
    picture: picture(...size),
    zoom,
    title,
    detail: 'detail',
  });
  const { sheet, placed } = drawSheet([
    [
      cell([10, 6], 3, 'source'),
      cell([30, 18], 1, 'a'),
      cell([20, 12], 1, 'a title that is much longer than its column is wide'),
    ],
    [cell([10, 6], 3, 'source'), cell([30, 18], 1, ''), cell([20, 12], 1, 'Ünïcode')],
  ]);
  const strip = (row: number, column: number): number => {
    const { x = 0, y = 0 } = placed[row]?.[column] ?? {};
    return crop(sheet, { x, y: y - 40, width: 192, height: 20 }).data.filter((value) => value === 255).length;
  };

  it('shows every picture whole, enlarged into squares where asked for', () => {
    for (const row of placed) {
      const [source, same, smaller] = row.map((cell) => crop(sheet, cell));
      expect(same?.data).toEqual(picture(30, 18).data);
      expect(smaller?.data).toEqual(picture(20, 12).data);
      for (const [x, y] of [
        [0, 0],
        [13, 8],
        [29, 17],
      ] as const) {
        const at = (Math.floor(y / 3) * 10 + Math.floor(x / 3)) * 3;
        expect(crop(source as Raster, { x, y, width: 1, height: 1 }).data).toEqual(
          picture(10, 6).data.subarray(at, at + 3),
        );
      }
    }
  });

  it('labels each, within its column and in printable characters', () => {
    expect(strip(0, 0)).toBeGreaterThan(0);
    expect(strip(0, 2)).toBeGreaterThan(strip(0, 0));
    expect(strip(1, 1)).toBe(0);
    const { sheet: twin } = drawSheet([[cell([10, 6], 3, '?n?code')]]);
    const { sheet: named } = drawSheet([[cell([10, 6], 3, 'Ünïcode')]]);
    expect(same(named, twin)).toBe(true);
  });

  it('is a PNG that decodes to the same pixels, whatever its name holds', async () => {
    const file = path.join(folder, "a %03d 'b': [c],;.png");
    await writePng(sheet, file);
    expect(same(await readPng(file, sheet), sheet)).toBe(true);
  });
});

describe('a window', () => {
  it('lies in the middle, on even pixels, and is never larger than the picture', () => {
    expect(centredWindow({ width: 480, height: 206 }, { width: 160, height: 120 }, 2)).toEqual({
      x: 160,
      y: 42,
      width: 160,
      height: 120,
    });
    expect(centredWindow({ width: 65, height: 49 }, { width: 160, height: 20 }, 2)).toEqual({
      x: 0,
      y: 14,
      width: 65,
      height: 20,
    });
  });

  it('has its context on even pixels, or up to the edges of the picture', () => {
    const window = { x: 20, y: 4, width: 10, height: 10 };
    expect(withContext(window, { width: 64, height: 17 }, 9, 2)).toEqual({ x: 10, y: 0, width: 30, height: 17 });
    expect(withContext(window, { width: 64, height: 64 }, 0, 2)).toEqual(window);
  });
});
