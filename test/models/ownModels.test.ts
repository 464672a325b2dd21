import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { imresize, rounded } from '../../bench/support/quality/imresize.js';
import { luma, mean, psnr, type Rgb, readSet } from '../../bench/support/quality/protocol.js';
import { throughNetwork } from '../../bench/support/quality/throughNetwork.js';
import { projectRoot } from '../../src/lib/project.js';
import { importFile } from '../../src/models/import.js';
import { inspectModel } from '../../src/models/inspect.js';
import { listModels } from '../../src/models/list.js';
import { enlargingModels, ownModels, restoringModels } from '../../src/models/ownModels.js';
import { pullModel, pullRegistered } from '../../src/models/pull.js';
import { registered } from '../../src/models/registry.js';
import { resolveModel } from '../../src/models/resolve.js';
import { OurNetwork } from '../../tools/parity/ours.js';
import { hasSharedMedia, scratchFolder, sharedFile } from '../support/media.js';

const folder = scratchFolder();
const installed = path.join(projectRoot, 'models');
const filesOf = (models: typeof ownModels) =>
  models.flatMap((model) =>
    [...model.variants].flatMap(([scale, { radius, shipped }]) =>
      shipped ? [{ name: model.name, model, scale, radius, file: path.join(installed, shipped.file) }] : [],
    ),
  );
const networks = filesOf(ownModels);

it('every file that comes with Reelscale is in the registry', async () => {
  const files = (await readdir(installed)).filter((name) => name.endsWith('.onnx'));
  expect(files.toSorted()).toEqual(networks.map(({ file }) => path.basename(file)).toSorted());
});

describe.each(networks)('$name', ({ name, model, scale, radius, file }) => {
  it('is what the registry says', async () => {
    const { parameters, bytesPerPixel, pixels = 'rgb' } = model;
    const inspected = await inspectModel(file);
    expect(inspected).toMatchObject({ scale, pixels, parameters, radius, alignment: 1 });
    expect(bytesPerPixel).toBeGreaterThan(inspected.bytesPerPixel / 2);
    // What a process takes is measured by its peak, and part of it is hidden by an earlier one now and then.
    expect(bytesPerPixel).toBeLessThan(inspected.bytesPerPixel * 3);
  });

  it('is used where nothing was pulled', async () => {
    const modelsRoot = path.join(folder, `fresh-${name}`);
    expect((await listModels(modelsRoot)).find((listed) => listed.name === name)?.variants).toMatchObject([
      { scale, pulled: true },
    ]);
    const resolved = await resolveModel(name, { modelsRoot });
    expect(resolved).toMatchObject({ name, scale, pixels: model.pixels ?? 'rgb', precision: 'fp32' });
    expect(await readFile(resolved.file)).toEqual(await readFile(file));
    expect(await resolveModel(name, { modelsRoot })).toEqual(resolved);
  });
});

describe.each(filesOf(enlargingModels))('$name', ({ name, scale, file }) => {
  it('beats bicubic', async () => {
    const network = await OurNetwork.load(await readFile(file), path.join(folder, `${name}.onnx`));
    const large = drawing(scale);
    const small = rounded(imresize(large, 1 / scale));
    const gain =
      psnr(luma(large), await throughNetwork(network, small), scale) -
      psnr(luma(large), luma(rounded(imresize(small, scale))), scale);
    await network.release();
    expect(gain).toBeGreaterThan(1);
  });

  it.skipIf(!hasSharedMedia)('reaches what its model card says on Set5', async () => {
    const network = await OurNetwork.load(await readFile(file), path.join(folder, `${name}.onnx`));
    const values: number[] = [];
    for (const { large, small } of await readSet(sharedFile('sets/Set5'), scale))
      values.push(psnr(large, await throughNetwork(network, small), scale));
    await network.release();
    const card = await readFile(path.join(installed, 'README.md'), 'utf8');
    const figure = new RegExp(`^\\| \`${name}\` \\| Set5 \\| [\\d.]+ \\| \\*\\*([\\d.]+)\\*\\*`, 'm').exec(card)?.[1];
    expect(mean(values)).toBeCloseTo(Number(figure), 1);
  });
});

describe.each(filesOf(restoringModels))('$name', ({ name, scale, file }) => {
  it('removes most of the noise', async () => {
    const small = noisyGrey(48);
    const network = await OurNetwork.load(await readFile(file), path.join(folder, `${name}.onnx`));
    const left = deviation(await throughNetwork(network, small));
    await network.release();
    expect(left).toBeLessThan(deviation(luma(rounded(imresize(small, scale)))) / 2);
  });
});

it('damaged bytes of a model that comes with Reelscale are replaced when it is used', async () => {
  const modelsRoot = path.join(folder, 'damaged');
  const { file } = await resolveModel('espcn-x3', { modelsRoot });
  const whole = await readFile(file);
  await writeFile(file, 'damaged');
  await resolveModel('espcn-x3', { modelsRoot });
  expect(await readFile(file)).toEqual(whole);
});

it('the weights of a later version leave those of an unfinished job where they are', async () => {
  const modelsRoot = path.join(folder, 'versions');
  const { file } = await resolveModel('espcn-x3', { modelsRoot });
  const other = path.join(modelsRoot, 'shipped', 'espcn-x3-000000000000');
  await mkdir(other);
  await copyFile(file, path.join(other, 'model.onnx'));
  await resolveModel('espcn-x3', { modelsRoot });
  expect(await readdir(other)).toEqual(['model.onnx']);
  // It is no imported model either.
  expect((await listModels(modelsRoot)).map(({ kind }) => kind)).not.toContain('imported');
});

it('its file becomes that model when it is imported, and pulling it needs no network', async () => {
  const modelsRoot = path.join(folder, 'imported');
  const file = path.join(installed, 'espcn-x3.onnx');
  expect(await importFile(file, { modelsRoot })).toMatchObject({ name: 'espcn-x3', scale: 3, fresh: true });
  expect(await pullModel('ESPCN-X3', { modelsRoot })).toMatchObject([{ scale: 3, fresh: false }]);
  await rm(modelsRoot, { recursive: true });
  expect(await pullModel('espcn-x3', { modelsRoot })).toMatchObject([{ scale: 3, fresh: true }]);
});

it('a file that was changed in the installation is refused', async () => {
  const shipped = { file: 'espcn-x3.onnx', sha256: '0'.repeat(64) };
  const changed = { ...registered('espcn-x3'), variants: new Map([[3, { radius: 4, alignment: 1, shipped }]]) };
  await expect(pullRegistered(changed, { modelsRoot: path.join(folder, 'changed') })).rejects.toThrow(
    'models/espcn-x3.onnx of Reelscale was changed: install it again',
  );
});

/** A grey square with the same noise each time, of up to nine code values either way. */
function noisyGrey(side: number): Rgb {
  let state = 17;
  const data = Uint8Array.from({ length: 3 * side * side }, () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return 128 + Math.round((state / 2 ** 30 - 1) * 9);
  });
  return { data, width: side, height: side, channels: 3 };
}

function deviation({ data }: Rgb): number {
  const values = [...data];
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}

/** Discs, bars and a ring with sharp edges, drawn at four times the size. */
function drawing(scale: number): Rgb {
  const side = 48 * scale;
  const fine = 4 * side;
  const data = new Uint8Array(3 * fine * fine);
  for (let y = 0; y < fine; y++) {
    for (let x = 0; x < fine; x++) {
      const [u, v] = [(x / fine) * 48, (y / fine) * 48];
      const ring = Math.hypot(u - 30, v - 16);
      const value =
        Math.hypot(u - 13, v - 15) < 9 ? 220 : Math.abs(ring - 10) < 2 ? 40 : (u + 0.6 * v) % 11 < 5 ? 160 : 90;
      data.set([value, 255 - value, value / 2], 3 * (y * fine + x));
    }
  }
  return rounded(imresize({ data, width: fine, height: fine, channels: 3 }, 1 / 4));
}
