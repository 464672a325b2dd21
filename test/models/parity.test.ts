import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { difference } from '../../tools/parity/difference.js';
import { convert, OurNetwork, type Tiling, WHOLE } from '../../tools/parity/ours.js';
import { scratchFolder } from '../support/media.js';

/** What PyTorch gives for small networks with random weights; tools/parity/fixtures.py wrote it. */
const fixtures = path.join(import.meta.dirname, 'fixtures');
const fixture = (name: string): string => path.join(fixtures, name);
const pictureSchema = z.object({ width: z.number(), height: z.number(), file: z.string() });
const { picture, oddPicture, networks, tilings } = z
  .object({
    picture: pictureSchema,
    oddPicture: pictureSchema,
    networks: z.array(
      z.object({
        name: z.string(),
        scale: z.number(),
        forms: z.array(z.string()),
        float: z.string(),
        result: z.string(),
      }),
    ),
    tilings: z.array(
      z.object({ network: z.string(), tile: z.number(), tilePad: z.number(), prePad: z.number(), result: z.string() }),
    ),
  })
  .parse(JSON.parse(await readFile(fixture('reference.json'), 'utf8')));

const folder = scratchFolder();
const forms = networks.flatMap(({ forms, ...network }) => forms.map((form) => ({ ...network, form })));

/** Planes R, G, B in 0..1 of planes G, B, R. */
function floatsOf(gbr: Uint8Array): Float32Array {
  const plane = gbr.length / 3;
  return Float32Array.from(gbr, (_, i) => (gbr[(i + 2 * plane) % gbr.length] as number) / 255);
}

async function runFloats(onnx: Uint8Array): Promise<Float32Array> {
  const session = await InferenceSession.create(onnx);
  const input = new Tensor('float32', floatsOf(await readFile(fixture(picture.file))), [
    1,
    3,
    picture.height,
    picture.width,
  ]);
  const { output } = await session.run({ input });
  await session.release();
  return output?.data as Float32Array;
}

const loaded = new Map<string, Promise<OurNetwork>>();
afterAll(async () => {
  for (const network of loaded.values()) await (await network).release();
});

function load(form: string): Promise<OurNetwork> {
  const network =
    loaded.get(form) ??
    convert(fixture(form)).then(({ onnx }) => OurNetwork.load(onnx, path.join(folder, `${form}.onnx`)));
  loaded.set(form, network);
  return network;
}

async function upscaled(
  form: string,
  { file, width, height }: z.infer<typeof pictureSchema>,
  tiling: Tiling,
): Promise<Uint8Array> {
  return (await load(form)).upscale({ data: await readFile(fixture(file)), width, height }, tiling);
}

describe.each(forms)('$form', ({ form, name, float, result }) => {
  it('gives the numbers that PyTorch gives', async () => {
    const bytes = await readFile(fixture(float));
    const expected = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    const found = await runFloats((await convert(fixture(form))).onnx);
    expect(found.length).toBe(expected.length);
    const apart = found.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] as number))), 0);
    expect(apart).toBeLessThan(1e-5);
  });

  it('gives the picture that RealESRGANer gives', async () => {
    expect(difference(await upscaled(form, picture, WHOLE), await readFile(fixture(result))).most).toBeLessThanOrEqual(
      1,
    );
  });

  it(`is the same network as the other forms of ${name}`, async () => {
    const [first = ''] = networks.find((network) => network.name === name)?.forms ?? [];
    expect(await runFloats((await convert(fixture(form))).onnx)).toEqual(
      await runFloats((await convert(fixture(first))).onnx),
    );
  });
});

it.each(tilings)(
  '$network in tiles of $tile with pad $tilePad and pre-pad $prePad gives the picture that RealESRGANer gives',
  async ({ network, result, ...tiling }) => {
    const [form = ''] = networks.find(({ name }) => name === network)?.forms ?? [];
    const expected = await readFile(fixture(result));
    expect(difference(await upscaled(form, oddPicture, tiling), expected).most).toBeLessThanOrEqual(1);
    // The tiles leave seams, and the same ones: a picture made at once is another one.
    expect(difference(await upscaled(form, oddPicture, WHOLE), expected).most).toBeGreaterThan(1);
  },
);
