import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { decibels, difference } from './difference.js';
import { convert, OurNetwork, WHOLE, type Picture } from './ours.js';
import type { Reference, ReferenceCase, ReferenceNetwork, ReferencePicture } from './reference.js';
import { Table } from './table.js';

/** What is owed against PyTorch in 8 bit. */
const LEAST_PSNR = 80;
const MOST_APART = 1;

/** Compares every case for every form of its network's weights, prints a table, and says whether all are equal enough. */
export async function compareAll(folder: string, { torch, networks, cases }: Reference): Promise<boolean> {
  const table = new Table(
    `Against RealESRGANer in PyTorch ${torch}, fp32 on the CPU, in 8 bit; owed: at least ${LEAST_PSNR} dB, at most ${MOST_APART} apart`,
    [['network', 24], ['weights', 20], ['picture', 27], ['tiles', 26], ['dB', 5], ['apart', 5], ['differing', 9], ['', 4]],
  );
  let allEqual = true;
  for (const network of networks) {
    const own = cases.filter((each) => each.network === network.name);
    if (own.length === 0) continue;
    for (const forms of network.forms) {
      const equal = await compareForms(folder, network, forms, own, table);
      allEqual &&= equal;
    }
  }
  return allEqual;
}

/** The first form is run on all pictures; the others must give the same network. */
async function compareForms(folder: string, { name, weights }: ReferenceNetwork, [first = '', ...others]: string[], cases: ReferenceCase[], table: Table): Promise<boolean> {
  const network = await loadForm(folder, first);
  try {
    let equal = true;
    for (const each of cases) {
      const ours = await network.upscale(await readPicture(folder, each.picture), each);
      const { psnr, most, share } = difference(ours, await readFile(path.join(folder, each.result)));
      const ok = psnr >= LEAST_PSNR && most <= MOST_APART;
      table.row(name, `${weights}, ${path.extname(first)}`, ...describe(each), decibels(psnr), String(most), `${(share * 100).toFixed(3)} %`, ok ? 'ok' : 'NO');
      equal &&= ok;
      if (each === cases[0]) await expectSame(folder, others, network, each.picture, ours);
    }
    return equal;
  } finally {
    await network.release();
  }
}

/** @throws Error when another form of the weights gives another picture than the first one gave. */
async function expectSame(folder: string, others: string[], first: OurNetwork, picture: ReferencePicture, expected: Uint8Array): Promise<void> {
  for (const other of others) {
    const network = await loadForm(folder, other);
    try {
      if (network.digest === first.digest) continue;
      const { most } = difference(await network.upscale(await readPicture(folder, picture), WHOLE), expected);
      if (most > 0) throw new Error(`${other} gives another picture than the same weights in another form`);
    } finally {
      await network.release();
    }
  }
}

async function loadForm(folder: string, form: string): Promise<OurNetwork> {
  const { onnx } = await convert(path.join(folder, form));
  return OurNetwork.load(onnx, path.join(folder, `${form}.onnx`));
}

const describe = ({ picture, tile, tilePad, prePad }: ReferenceCase): [picture: string, tiles: string] => [
  `${picture.name.slice(0, 19)} ${picture.width}x${picture.height}`,
  tile === 0 ? 'whole' : `${tile}, pad ${tilePad}, pre-pad ${prePad}`,
];

export async function readPicture(folder: string, { file, width, height }: ReferencePicture): Promise<Picture> {
  return { data: await readFile(path.join(folder, file)), width, height };
}
