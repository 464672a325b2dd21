import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { decibels, difference } from './difference.js';
import { convert, OurNetwork, type Picture } from './ours.js';
import type { Reference, ReferenceCase, ReferenceNetwork, ReferencePicture } from './reference.js';
import { Table } from './table.js';

/** What is owed against PyTorch in 8 bit. */
const LEAST_PSNR = 80;
const MOST_APART = 1;

/** Compares all cases, prints a table, and says whether all are equal enough. */
export async function compareAll(folder: string, { torch, networks, cases }: Reference): Promise<boolean> {
  const table = new Table(
    `Against RealESRGANer in PyTorch ${torch}, fp32 on the CPU, in 8 bit; ` +
      `owed: at least ${LEAST_PSNR} dB, at most ${MOST_APART} apart`,
    [
      ['network', 24],
      ['weights', 24],
      ['picture', 27],
      ['tiles', 24],
      ['dB', 5],
      ['apart', 5],
      ['differing', 9],
      ['', 2],
    ],
  );
  let allEqual = true;
  for (const network of networks) {
    const own = cases.filter((each) => each.network === network.name);
    const equal = own.length === 0 || (await compareForms(folder, network, own, table));
    allEqual &&= equal;
  }
  return allEqual;
}

/** The first form is run on all pictures; the others, where they convert to another file, on one. */
async function compareForms(
  folder: string,
  { name, weights, forms }: ReferenceNetwork,
  cases: ReferenceCase[],
  table: Table,
): Promise<boolean> {
  const tried = new Set<string>();
  let allEqual = true;
  for (const form of forms) {
    const { onnx } = await convert(path.join(folder, form));
    const digest = createHash('sha256').update(onnx).digest('hex');
    if (tried.has(digest)) continue;
    const network = await OurNetwork.load(onnx, path.join(folder, `${form}.onnx`));
    for (const each of tried.size === 0 ? cases : cases.slice(0, 1)) {
      const ours = await network.upscale(await readPicture(folder, each.picture), each);
      const { psnr, most, share } = difference(ours, await readFile(path.join(folder, each.result)));
      const equal = psnr >= LEAST_PSNR && most <= MOST_APART;
      const kind = path.basename(form).slice(name.length);
      table.row(
        name,
        `${weights}, ${kind}`,
        ...describe(each),
        decibels(psnr),
        String(most),
        `${(share * 100).toFixed(3)} %`,
        equal ? 'ok' : 'NO',
      );
      allEqual &&= equal;
    }
    tried.add(digest);
    await network.release();
  }
  return allEqual;
}

const describe = ({ picture, tile, tilePad, prePad }: ReferenceCase): [picture: string, tiles: string] => [
  `${picture.name.slice(0, 19)} ${picture.width}x${picture.height}`,
  tile === 0 ? 'whole' : `${tile}, pad ${tilePad}, pre-pad ${prePad}`,
];

export async function readPicture(folder: string, { file, width, height }: ReferencePicture): Promise<Picture> {
  return { data: await readFile(path.join(folder, file)), width, height };
}
