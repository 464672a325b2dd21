import { cpSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { wrapForFrames } from '../../src/models/graph.js';
import { pullModel } from '../../src/models/pull.js';
import { convertTorch } from '../../src/models/torch/convert.js';
import { epDevices } from '../../src/runtime/epDevices.js';
import { shippedLibrary } from '../../src/runtime/library.js';
import {
  NO_FALLBACK,
  type OpenvinoPrecision,
  openvinoCpu,
  openvinoGpu,
  openvinoProvider,
  requireVersion,
} from '../../src/runtime/openvino.js';
import { OPENVINO_FOLDER, openvinoExists, setUpOpenvino } from '../../src/runtime/openvinoFiles.js';
import { RuntimeUnavailable } from '../../src/runtime/ortError.js';
import { openRuntime } from '../../src/runtime/runtime.js';
import { NativeSession } from '../../src/runtime/session.js';
import { denseState } from '../models/networks.js';
import { scratchFolder } from '../support/media.js';
import { tinyModel } from '../support/models.js';
import { zipPth } from '../support/torch.js';

const folder = scratchFolder();
const [W, H] = [48, 40];

describe.skipIf(!openvinoExists())('OpenVINO on the processor', () => {
  beforeAll(async () => {
    await setUpOpenvino(() => undefined);
  });

  it('is there once it was set up, and is not fetched again', async () => {
    expect(await setUpOpenvino(() => undefined)).toBe(false);
    const { name } = await openvinoCpu(await openRuntime());
    expect(name).not.toBe('');
  });

  it('its vendor is told as before, whatever it was told to the plugin', async () => {
    const runtime = await openRuntime();
    const { device } = await openvinoCpu(runtime);
    const [devices] = runtime.checked.GetEpDevices(runtime.environment);
    const [own = 0n] = runtime.pointersAt(devices, 1);
    const vendors = [device, own].map((each) => {
      const processor = runtime.plain.EpDevice_Device(each);
      return processor === null ? undefined : runtime.plain.HardwareDevice_VendorId(processor);
    });
    expect(vendors[0]).toBe(vendors[1]);
    const intel = readFileSync('/proc/cpuinfo', 'utf8').includes('GenuineIntel');
    expect(vendors[0] === 0x8086).toBe(intel);
  });

  it('a plugin that is not there, is another library, or was cut off, is one clear line', async () => {
    // It is remembered for a runtime.
    const runtime = { ...(await openRuntime()) };
    await expect(openvinoCpu(runtime, path.join(folder, 'nothing'))).rejects.toThrow(
      /^OpenVINO is not here: run npm run setup:openvino$/,
    );
    const other = path.join(folder, 'other');
    mkdirSync(other);
    for (const plugin of [Buffer.from('no library'), readFileSync(shippedLibrary().file)]) {
      writeFileSync(path.join(other, 'libonnxruntime_providers_openvino_plugin.so'), plugin);
      await expect(openvinoCpu({ ...runtime }, other)).rejects.toThrow(/^OpenVINO 1\.8\.1 cannot be loaded \(/);
    }
    const copy = path.join(folder, 'copy');
    cpSync(OPENVINO_FOLDER, copy, { recursive: true });
    const library = path.join(copy, 'libopenvino_intel_cpu_plugin.so');
    truncateSync(library, statSync(library).size - 1000);
    await expect(openvinoCpu({ ...runtime }, copy)).rejects.toThrow(
      `${library} is truncated: run npm run setup:openvino`,
    );
  });

  it('a plugin of another version is one clear line', async () => {
    expect(() => {
      requireVersion('1.4.0+63a77bc', '/plugins');
    }).toThrow(
      new RuntimeUnavailable("OpenVINO's plugin is 1.4.0, not 1.8.1: remove /plugins and run npm run setup:openvino"),
    );
    const { version } =
      (await openRuntime().then(epDevices)).find(({ provider }) => /^OpenVINO/.test(provider))?.metadata ?? {};
    expect(version).toMatch(/^1\.8\.1\+/);
  });

  it('a GPU that is not there is one clear line', async () => {
    await expect(openvinoGpu(await openRuntime(), 99)).rejects.toThrow(/^OpenVINO finds no GPU (of Intel|number 99)$/);
  });

  it('values that are not numbers are told, in bf16 too, and bright pictures raise no alarm', async () => {
    for (const precision of await precisions()) {
      for (const output of ['nan', 'picture'] as const) {
        const file = await tinyModel(path.join(folder, `${output}.onnx`), { output });
        const bytes = framed(readFileSync(file), 2);
        const white = new Uint8Array(3 * 640 * 480).fill(255);
        expect((await run(bytes, 2, precision, white, 640, 480)).nan).toBe(output === 'nan' ? 1 : 0);
      }
    }
  });

  it('colours keep their place in networks whose planes are put in order before and behind them', async () => {
    const { onnx } = await convertTorch(
      zipPth(denseState({ features: 8, growth: 4, blocks: 1, inputs: 12 })),
      'net.pth',
    );
    const bytes = framed(onnx, 2);
    const expected = (await run(bytes, 2, undefined)).upscaled;
    const { upscaled } = await run(bytes, 2, 'fp32');
    for (const plane of [0, 1, 2]) expect(psnr(expected, upscaled, plane)).toBeGreaterThan(50);
  });

  it('the same picture gives the same bytes in every session, whether it was made for its size or not', async () => {
    const pulled = await pullModel('realesr-animevideov3', { modelsRoot: path.join(folder, 'models') });
    const bytes = framed(readFileSync(pulled.at(-1)?.file ?? ''), 4);
    for (const precision of await precisions()) {
      const first = await run(bytes, 4, precision);
      for (const free of [false, true, false, true]) {
        const { upscaled } = await run(bytes, 4, precision, picture, W, H, free);
        expect(Buffer.compare(upscaled, first.upscaled)).toBe(0);
      }
    }
  });

  describe('the networks of the registry', () => {
    const models = path.join(folder, 'models');
    // Floors of each plane against the CPU's own provider in fp32, in dB, below what was measured.
    it.each([
      ['realesr-animevideov3', 4, 80, 45],
      ['realesr-animevideov3', 3, 80, 45],
      ['realesr-animevideov3', 2, 80, 45],
      ['realesrgan-x4plus-anime', 4, 75, 42],
    ] as const)('%s x%i gives the same pictures', async (name, scale, exact, rounded) => {
      const pulled = await pullModel(name, { modelsRoot: models });
      const file = pulled.find((each) => each.scale === scale)?.file ?? '';
      const bytes = framed(readFileSync(file), scale);
      const expected = (await run(bytes, scale, undefined)).upscaled;
      for (const precision of await precisions()) {
        const any = await run(bytes, scale, precision);
        const planes = [0, 1, 2].map((plane) => psnr(expected, any.upscaled, plane));
        expect(Math.min(...planes)).toBeGreaterThan(precision === 'fp32' ? exact : rounded);
        // What a plugin does not know it ignores: bf16 that is as good as fp32 is none.
        if (precision === 'bf16') expect(Math.min(...planes)).toBeLessThan(exact);
        expect(any.nan).toBe(0);
      }
    });
  });
});

const precisions = async (): Promise<OpenvinoPrecision[]> =>
  (await openvinoCpu(await openRuntime())).bf16 ? ['fp32', 'bf16'] : ['fp32'];

const framed = (bytes: Uint8Array, scale: number): Uint8Array =>
  wrapForFrames(bytes, { pixels: 'rgb', bitDepth: 8, precision: 'fp32', blend: 0, scale });

/** Smooth, with some grain, and other in each plane. */
const picture = Uint8Array.from({ length: 3 * W * H }, (_, i) => {
  const [x, y, plane] = [i % W, Math.floor(i / W) % H, Math.floor(i / (W * H))];
  return 128 + 60 * Math.sin(x / (9 + 4 * plane)) + 50 * Math.cos(y / (13 - 2 * plane)) + ((x * 7 + y * 13) % 23) - 11;
});

/**
 * @param precision of OpenVINO; without it the CPU's own provider computes.
 * @param free whether OpenVINO is not told the size beforehand.
 */
async function run(
  bytes: Uint8Array,
  scale: number,
  precision: OpenvinoPrecision | undefined,
  frame = picture,
  width = W,
  height = H,
  free = false,
) {
  const runtime = await openRuntime();
  const options = precision && {
    provider: openvinoProvider(
      await openvinoCpu(runtime),
      precision,
      free ? undefined : { frame: [1, 3, height, width] },
    ),
    config: NO_FALLBACK,
  };
  const session = await NativeSession.create(runtime, bytes, options);
  const upscaled = new Uint8Array(3 * width * height * scale ** 2);
  const nan = Uint8Array.of(77);
  await session.run(
    { frame: { type: 'uint8', dims: [1, 3, height, width], data: frame } },
    {
      upscaled: { type: 'uint8', dims: [1, 3, height * scale, width * scale], data: upscaled },
      nan: { type: 'uint8', dims: [], data: nan },
    },
  );
  await session.release();
  return { upscaled, nan: nan[0] };
}

function psnr(a: Uint8Array, b: Uint8Array, plane: number): number {
  const size = a.length / 3;
  let sum = 0;
  for (let i = plane * size; i < (plane + 1) * size; i++) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return 10 * Math.log10((255 ** 2 * size) / sum);
}
