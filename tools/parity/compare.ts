import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { difference, type Difference } from './difference.js';
import { convert, OurNetwork, type Picture } from './ours.js';
import type { Reference, ReferenceCase, ReferenceNetwork, ReferencePicture } from './reference.js';

/** What is owed against PyTorch in 8 bit. */
const LEAST_PSNR = 80;
const MOST_APART = 1;

/** Compares every case for every form of its network's weights, prints the tables, and says whether all are equal enough. */
export async function compareAll(folder: string, { torch, networks, cases }: Reference): Promise<boolean> {
  const rows: Row[] = [];
  for (const network of networks) {
    const own = cases.filter((each) => each.network === network.name);
    if (own.length === 0) continue;
    for (const forms of network.forms) rows.push(...await compareForms(folder, network, forms, own));
  }
  console.log(`\nAgainst RealESRGANer in PyTorch ${torch}, fp32 on the CPU; 8 bit; owed: at least ${LEAST_PSNR} dB, at most ${MOST_APART} apart`);
  console.table(rows.map(({ ok, psnr, share, ...row }) => ({ ...row, 'differing, ‰': (share * 1000).toFixed(3), dB: psnr.toFixed(1), ok: ok ? 'yes' : 'NO' })));
  return rows.every(({ ok }) => ok);
}

interface Row extends Difference {
  network: string;
  weights: string;
  picture: string;
  tiles: string;
  ok: boolean;
}

/** The first form is run on all pictures; the others must give the same network. */
async function compareForms(folder: string, { name, scale, weights }: ReferenceNetwork, [first = '', ...others]: string[], cases: ReferenceCase[]): Promise<Row[]> {
  const network = await loadForm(folder, first, scale);
  try {
    const rows: Row[] = [];
    for (const each of cases) {
      const ours = await network.upscale(await readPicture(folder, each.picture), each);
      const found = difference(ours, await readFile(path.join(folder, each.result)));
      rows.push({ network: name, weights: `${weights}, ${path.extname(first)}`, ...describe(each), ...found, ok: found.psnr >= LEAST_PSNR && found.most <= MOST_APART });
    }
    for (const other of others) await expectSame(network, folder, other, scale, cases[0] as ReferenceCase);
    return rows;
  } finally {
    await network.release();
  }
}

async function loadForm(folder: string, form: string, scale: number): Promise<OurNetwork> {
  const { onnx } = await convert(path.join(folder, form));
  return OurNetwork.load(onnx, scale, path.join(folder, `${form}.onnx`));
}

/** @throws Error when another form of the weights gives other pictures than the network that was made from the first. */
async function expectSame(network: OurNetwork, folder: string, other: string, scale: number, { picture, ...tiling }: ReferenceCase): Promise<void> {
  const same = await loadForm(folder, other, scale);
  try {
    const source = await readPicture(folder, picture);
    const { most } = difference(await network.upscale(source, tiling), await same.upscale(source, tiling));
    if (most > 0) throw new Error(`${other} gives another picture than the other forms of the same weights`);
  } finally {
    await same.release();
  }
}

function describe({ picture, tile, tilePad, prePad }: ReferenceCase): { picture: string; tiles: string } {
  return {
    picture: `${picture.name.slice(0, 16)} ${picture.width}x${picture.height}`,
    tiles: tile === 0 ? 'whole' : `${tile}, pad ${tilePad}, pre-pad ${prePad}`,
  };
}

export async function readPicture(folder: string, { file, width, height }: ReferencePicture): Promise<Picture> {
  return { data: await readFile(path.join(folder, file)), width, height };
}
