import path from 'node:path';
import { registry } from '../../src/models/registry.js';
import { readPicture } from './compare.js';
import { difference } from './difference.js';
import { convert, OurNetwork, type Picture } from './ours.js';
import type { Reference, ReferenceNetwork } from './reference.js';

const LEAST_PSNR = 55;
const TILE = 64;
const NARROW = 10;

/** Compares tiled pictures with whole ones, prints the worst of each network, and says whether all are good enough. */
export async function measureSeams(folder: string, { networks, seamPictures }: Reference): Promise<boolean> {
  const pictures = await Promise.all(seamPictures.map((picture) => readPicture(folder, picture)));
  const rows: Row[] = [];
  for (const network of networks) {
    rows.push(await measure(folder, network, pictures));
  }
  console.log(`\nTiles of ${TILE} against the whole picture, the worst of ${pictures.length} pictures; owed with the automatic pad: at least ${LEAST_PSNR} dB`);
  console.table(rows.map(({ wide, narrow, ok, ...row }) => ({ ...row, dB: wide.toFixed(1), [`dB with pad ${NARROW}`]: narrow.toFixed(1), ok: ok ? 'yes' : 'NO' })));
  return rows.every(({ ok }) => ok);
}

interface Row {
  network: string;
  weights: string;
  'automatic pad': number;
  wide: number;
  narrow: number;
  ok: boolean;
}

async function measure(folder: string, { name, scale, weights, forms }: ReferenceNetwork, pictures: Picture[]): Promise<Row> {
  const form = forms[0]?.[0] ?? '';
  const { onnx, radius } = await convert(path.join(folder, form));
  const pad = even(registeredRadius(name, scale) ?? radius ?? 0);
  const network = await OurNetwork.load(onnx, scale, path.join(folder, `${form}.onnx`));
  try {
    let [wide, narrow] = [Infinity, Infinity];
    for (const picture of pictures) {
      const whole = await network.upscale(picture, { tile: 0, tilePad: 0, prePad: 0 });
      const seams = async (tilePad: number): Promise<number> => difference(await network.upscale(picture, { tile: TILE, tilePad, prePad: 0 }), whole).psnr;
      wide = Math.min(wide, await seams(pad));
      narrow = Math.min(narrow, await seams(NARROW));
    }
    return { network: name, weights, 'automatic pad': pad, wide, narrow, ok: wide >= LEAST_PSNR };
  } finally {
    await network.release();
  }
}

/** @param name with the scale at its end where a model has several. */
const registeredRadius = (name: string, scale: number): number | undefined =>
  registry.find((model) => model.name === name || `${model.name}-x${scale}` === name)?.variants.get(scale)?.radius;

const even = (size: number): number => size + (size % 2);
