import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { fastestWay, rememberWays, type WayMeasured, waysHere } from '../../../src/client/device/fastest.js';
import { networkOf } from '../../../src/client/job/placement.js';
import { resolveModel } from '../../../src/models/resolve.js';
import { openvinoExists, setUpOpenvino } from '../../../src/runtime/openvinoFiles.js';
import type { AnyUpscaleModel } from '../../../src/upscaler/speed.js';
import { scratchFolder } from '../../support/media.js';
import { tinyModel } from '../../support/models.js';

const scratch = scratchFolder();
let folders = 0;
const jobs = (): string => path.join(scratch, `jobs-${folders++}`);
let network: AnyUpscaleModel;

beforeAll(async () => {
  const model = await resolveModel(await tinyModel(path.join(scratch, 'tiny.onnx'), { scale: 2 }), {
    modelsRoot: path.join(scratch, 'models'),
  });
  network = { ...networkOf(model), blend: 0 };
});

it('no device here computes in fp16 without a GPU', async () => {
  const names = (await waysHere()).map(({ precision }) => precision);
  const found = await fastestWay(network, 'fp16', { jobsRoot: jobs() });
  expect(found === undefined).toBe(!names.includes('fp16'));
});

describe.skipIf(!openvinoExists())('of the CPU and OpenVINO', () => {
  beforeAll(async () => {
    await setUpOpenvino(() => undefined);
  });

  const speed = (edge: number, seconds: number): WayMeasured['speed'] => ({
    ...{ width: edge, height: edge, seconds },
    cores: 1,
  });
  /** What each way is said to have taken. */
  async function told(jobsRoot: string, openvino: WayMeasured['speed'], cpu: WayMeasured['speed']) {
    const ways = (await waysHere()).filter(({ device }) => !device.startsWith('cuda'));
    const measured = ways.map((way) => ({ ...way, speed: way.device === 'cpu' ? cpu : openvino }));
    await rememberWays(jobsRoot, network, measured);
    const say = (line: string): void => expect.fail(line);
    return (await fastestWay(network, 'auto', { jobsRoot, say }))?.device;
  }

  it('both are measured at the first time, and remembered', async () => {
    const said: string[] = [];
    const jobsRoot = jobs();
    const choose = () => fastestWay(network, 'fp32', { jobsRoot, say: (line) => said.push(line) });
    const first = await choose();
    expect(['cpu', 'openvino:cpu']).toContain(first?.device);
    expect(first?.precision).toBe('fp32');
    expect(await choose()).toEqual(first);
    expect(said).toEqual([expect.stringContaining('measuring openvino:cpu and cpu')]);
  });

  it('that which takes less time for a pixel is taken', async () => {
    expect(await told(jobs(), speed(64, 0.1), speed(64, 0.2))).toBe('openvino:cpu');
    expect(await told(jobs(), speed(64, 0.1), speed(128, 0.2))).toBe('cpu');
  });

  it('a device that is named is taken in its faster precision, which is fp32 for networks on luma', async () => {
    const jobsRoot = jobs();
    const ways = (await waysHere()).filter(({ device }) => device === 'openvino:cpu');
    const slower = ways[0]?.precision;
    await rememberWays(
      jobsRoot,
      network,
      ways.map((way) => ({ ...way, speed: speed(64, way.precision === slower ? 0.2 : 0.1) })),
    );
    const say = (line: string): void => expect.fail(line);
    const choose = (pixels: 'rgb' | 'luma') =>
      fastestWay({ ...network, pixels }, 'auto', { jobsRoot, say }, 'openvino:cpu');
    expect(await choose('rgb')).toEqual({ device: 'openvino:cpu', precision: 'fp32' });
    expect(await choose('luma')).toEqual({ device: 'openvino:cpu', precision: 'fp32' });
  });

  it('that which cannot compute the network is not taken', async () => {
    expect(await told(jobs(), { problem: 'no such operator' }, speed(64, 9))).toBe('cpu');
    expect(await told(jobs(), { problem: 'no such operator' }, { problem: 'neither here' })).toBeUndefined();
  });
});
