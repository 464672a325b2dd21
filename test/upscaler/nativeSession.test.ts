import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { wrapForFrames } from '../../src/models/graph.js';
import { openvinoExists, setUpOpenvino } from '../../src/runtime/openvinoFiles.js';
import { openRuntime } from '../../src/runtime/runtime.js';
import { NativeSession } from '../../src/runtime/session.js';
import { openByApi } from '../../src/upscaler/nativeSession.js';
import type { UpscaleModel } from '../../src/upscaler/protocol.js';
import { scratchFolder } from '../support/media.js';
import { tinyModel } from '../support/models.js';

const folder = scratchFolder();

/** OpenVINO on the processor stands for devices that have to know the size of the pictures, as NPUs do. */
vi.mock(import('../../src/runtime/deviceWays.js'), async (original) => {
  const real = await original();
  return {
    ...real,
    findWay: async (...args) => {
      const way = await real.findWay(...args);
      return way && { ...way, fixed: 'always' };
    },
  };
});

describe.skipIf(!openvinoExists())('a device that has to know the size of the pictures', () => {
  beforeAll(async () => {
    await setUpOpenvino(() => undefined);
  });

  it('has a session for each size that is expected, and makes what the CPU makes', async () => {
    const create = vi.spyOn(NativeSession, 'create');
    const file = await tinyModel(path.join(folder, 'tiny.onnx'), { work: 2, output: 'filtered' });
    const graph = wrapForFrames(readFileSync(file), {
      pixels: 'rgb',
      bitDepth: 8,
      precision: 'fp32',
      blend: 0,
      scale: 2,
    });
    const runtime = await openRuntime();
    const open = async (provider: UpscaleModel['provider']) => {
      const model = { file, scale: 2, alignment: 1, ...(provider && { provider }) } as UpscaleModel;
      return openByApi(runtime, { kind: 'cpu', id: 0 })(graph, model, 'fp32');
    };
    const [own, tried] = [await open(undefined), await open('openvino')];
    const sizes = [
      { width: 40, height: 32 },
      { width: 24, height: 32 },
    ];
    tried.expect?.(sizes);
    create.mockClear();
    for (const { width, height } of [...sizes, ...sizes]) {
      const data = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 151 + (i >> 4)) % 256);
      const room = () => ({
        data: new Uint8Array(4 * data.length),
        width: 2 * width,
        height: 2 * height,
        planes: 3,
      });
      const [expected, made] = [room(), room()];
      await own.run({ data, width, height, planes: 3 }, expected);
      await tried.run({ data, width, height, planes: 3 }, made);
      const most = made.data.reduce(
        (found, sample, i) => Math.max(found, Math.abs(sample - (expected.data[i] ?? 0))),
        0,
      );
      expect(most).toBeLessThanOrEqual(1);
    }
    // Two to compare with the CPU, and one for each size.
    expect(create).toHaveBeenCalledTimes(4);
    await Promise.all([own.release(), tried.release()]);
  });
});
