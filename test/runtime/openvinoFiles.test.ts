import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { zipSync } from 'fflate';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { digestOf } from '../../src/lib/digest.js';
import { type Bundle, setUpBundle } from '../../src/runtime/bundle.js';
import {
  OPENVINO,
  OPENVINO_BUNDLE,
  openvinoExists,
  openvinoPlugin,
  setUpOpenvino,
} from '../../src/runtime/openvinoFiles.js';
import { scratchFolder } from '../support/media.js';

const scratch = scratchFolder();
let folders = 0;
afterEach(() => {
  vi.unstubAllEnvs();
});

/** pip finds packages in a folder only. */
async function indexOf(files: Record<string, Uint8Array>): Promise<string> {
  const index = path.join(scratch, `index-${folders++}`);
  await mkdir(index);
  for (const [name, bytes] of Object.entries(files)) await writeFile(path.join(index, name), bytes);
  vi.stubEnv('PIP_NO_INDEX', '1');
  vi.stubEnv('PIP_CONFIG_FILE', '/dev/null');
  vi.stubEnv('PIP_FIND_LINKS', index);
  return path.join(index, 'target');
}

const LIBRARY = 'libonnxruntime_providers_openvino_plugin.so';

/** A wheel by the name of OpenVINO's that holds a file. */
function wheelWith(file: string): Record<string, Uint8Array> {
  const name = OPENVINO.package.replaceAll('-', '_');
  const info = `${name}-${OPENVINO.version}.dist-info`;
  const wheel = zipSync({
    [`${info}/METADATA`]: Buffer.from(`Metadata-Version: 2.1\nName: ${name}\nVersion: ${OPENVINO.version}\n`),
    [`${info}/WHEEL`]: Buffer.from('Wheel-Version: 1.0\nTag: py3-none-any\n'),
    [`${info}/RECORD`]: Buffer.from(''),
    [`${name}/${file}`]: Buffer.from('other'),
  });
  return { [`${name}-${OPENVINO.version}-py3-none-${OPENVINO.platform}.whl`]: wheel };
}

const leftIn = async (target: string): Promise<string[]> =>
  (await readdir(path.dirname(target))).filter((name) => name.startsWith('target'));

describe.skipIf(!openvinoExists())('OpenVINO is not set up, with one line, and nothing is left', () => {
  it('when the index cannot be reached', async () => {
    const target = await indexOf({});
    await expect(setUpOpenvino(() => undefined, target)).rejects.toMatchObject({
      name: 'WorldError',
      message: expect.stringMatching(
        /the package index cannot be reached, or lacks it\): check the network;/,
      ) as string,
    });
    expect(await leftIn(target)).toEqual([]);
  });

  it('when the wheel has other bytes than expected', async () => {
    const target = await indexOf(wheelWith(LIBRARY));
    await expect(setUpOpenvino(() => undefined, target)).rejects.toMatchObject({
      name: 'UserError',
      message: `the wheel of ${OPENVINO.package} has another digest than the one expected: it is not used`,
    });
    expect(openvinoPlugin(target)).toBeUndefined();
    expect(await leftIn(target)).toEqual([]);
  });

  it('when there is no Python', async () => {
    const target = await indexOf({});
    vi.stubEnv('PATH', path.dirname(target));
    await expect(setUpOpenvino(() => undefined, target)).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringContaining('install Python 3 with pip') as string,
    });
  });
});

it.skipIf(!openvinoExists())('files are had by further names, and one that is missing is fetched anew', async () => {
  const files = wheelWith('liba.so.1.2');
  const [wheel = new Uint8Array()] = Object.values(files);
  const bundle: Bundle = {
    ...OPENVINO_BUNDLE,
    wheels: [{ ...OPENVINO, sha256: digestOf(wheel), wanted: /(lib.*)$/ }],
    libraries: ['liba.so.1.2'],
    links: { 'liba.so.1': 'liba.so.1.2' },
  };
  const target = await indexOf(files);
  const setUp = () => setUpBundle(bundle, () => undefined, target);
  expect(await setUp()).toBe(true);
  expect(await readFile(path.join(target, 'liba.so.1'), 'utf8')).toBe('other');
  expect(await setUp()).toBe(false);
  await rm(path.join(target, 'liba.so.1.2'));
  expect(await setUp()).toBe(true);
  expect(await readFile(path.join(target, 'liba.so.1'), 'utf8')).toBe('other');
  expect(await leftIn(target)).toEqual(['target']);
});
