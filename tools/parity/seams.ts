import path from 'node:path';
import { registry } from '../../src/models/registry.js';
import { leastTile } from '../../src/upscaler/tiles.js';
import { readPicture } from './compare.js';
import { decibels, difference } from './difference.js';
import { convert, OurNetwork, type Picture, WHOLE } from './ours.js';
import type { Reference } from './reference.js';
import { Table } from './table.js';

const LEAST_PSNR = 55;
const NARROW = 10;

/** Compares tiled pictures with whole ones, prints the worst of each network, and says whether all are good enough. */
export async function measureSeams(folder: string, { networks, seamPictures }: Reference): Promise<boolean> {
  const pictures = await Promise.all(seamPictures.map((picture) => readPicture(folder, picture)));
  const table = new Table(
    `The smallest tiles that auto chooses against the whole picture, the worst of ${pictures.length} pictures; ` +
      `owed with the automatic pad: at least ${LEAST_PSNR} dB`,
    [
      ['network', 24],
      ['weights', 8],
      ['tile', 4],
      ['automatic pad', 13],
      ['dB', 5],
      [`dB with pad ${NARROW}`, 14],
      ['', 4],
    ],
  );
  let allGood = true;
  for (const {
    name,
    scale,
    weights,
    forms: [form = ''],
  } of networks) {
    const { onnx, radius } = await convert(path.join(folder, form));
    const pad = even(registeredRadius(name, scale) ?? radius ?? 0);
    const network = await OurNetwork.load(onnx, path.join(folder, `${form}.onnx`));
    const wide = await seams(network, pictures, leastTile(pad), pad);
    const narrow = await seams(network, pictures, leastTile(pad), NARROW);
    await network.release();
    const good = wide >= LEAST_PSNR;
    table.row(
      name,
      weights,
      String(leastTile(pad)),
      String(pad),
      decibels(wide),
      decibels(narrow),
      good ? 'ok' : 'NO',
    );
    allGood &&= good;
  }
  return allGood;
}

/** @returns the least PSNR of tiles against the whole picture. */
async function seams(network: OurNetwork, pictures: Picture[], tile: number, tilePad: number): Promise<number> {
  let least = Infinity;
  for (const picture of pictures) {
    const whole = await network.upscale(picture, WHOLE);
    const tiled = await network.upscale(picture, { tile, tilePad, prePad: 0 });
    least = Math.min(least, difference(tiled, whole).psnr);
  }
  return least;
}

/** @param name with the scale at its end where a model has several. */
const registeredRadius = (name: string, scale: number): number | undefined =>
  registry.find((model) => model.name === name || `${model.name}-x${scale}` === name)?.variants.get(scale)?.radius;

const even = (size: number): number => size + (size % 2);
