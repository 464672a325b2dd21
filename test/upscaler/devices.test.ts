import { writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterEach, describe, expect, test } from 'vitest';
import { IDENTITY_MODEL } from '../../src/runtime/identityModel.js';
import { doctorDevices } from '../../src/supervisor/doctorDevices.js';
import { deviceMemory } from '../../src/upscaler/deviceMemory.js';
import { deviceTags, discoverDevices } from '../../src/upscaler/devices.js';
import { askGpus, parseGpus, visibleGpus } from '../../src/upscaler/gpus.js';
import { scratchFolder } from '../support/media.js';

const TWO_GPUS =
  '0, GPU-1a2b, Tesla T4, 15360, 14927, 535.104.05\n1, GPU-3c4d, NVIDIA A100-SXM4-40GB, 40960, 512, 535.104.05\n';

test('the list of GPUs is read, with their memory where they have one of their own', () => {
  expect(parseGpus(TWO_GPUS)).toEqual([
    {
      index: 0,
      uuid: 'GPU-1a2b',
      label: 'Tesla T4',
      memory: { total: 15_360 * 2 ** 20, free: 14_927 * 2 ** 20 },
      driver: '535.104.05',
    },
    {
      index: 1,
      uuid: 'GPU-3c4d',
      label: 'NVIDIA A100-SXM4-40GB',
      memory: { total: 40_960 * 2 ** 20, free: 512 * 2 ** 20 },
      driver: '535.104.05',
    },
  ]);
  expect(parseGpus('0, GPU-5e6f, Orin, [N/A], [N/A], 540.4.0')).toMatchObject([{ label: 'Orin', memory: undefined }]);
  expect(parseGpus('NVIDIA-SMI has failed because it could not communicate with the driver.')).toEqual([]);
});

test('CUDA_VISIBLE_DEVICES chooses GPUs, which are counted anew', () => {
  const seen = (visible: string | undefined) =>
    visibleGpus(parseGpus(TWO_GPUS), visible).map(({ index, label }) => `cuda:${index} ${label}`);
  expect(seen(undefined)).toEqual(['cuda:0 Tesla T4', 'cuda:1 NVIDIA A100-SXM4-40GB']);
  expect(seen('1')).toEqual(['cuda:0 NVIDIA A100-SXM4-40GB']);
  expect(seen('1,GPU-1a')).toEqual(['cuda:0 NVIDIA A100-SXM4-40GB', 'cuda:1 Tesla T4']);
  expect(seen('0,7,1')).toEqual(['cuda:0 Tesla T4']);
  expect(seen('')).toEqual([]);
});

describe('with a program called nvidia-smi', () => {
  const folder = scratchFolder();
  const before = process.env['PATH'];
  const saying = (script: string): void => {
    writeFileSync(path.join(folder, 'nvidia-smi'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    process.env['PATH'] = `${folder}${path.delimiter}${before}`;
  };
  afterEach(() => {
    process.env['PATH'] = before;
  });

  test('the doctor names each GPU, provider and hardware encoder, and what to do if one does not work', async () => {
    saying(`printf '${TWO_GPUS.replaceAll('\n', '\\n')}'`);
    const found = await Promise.all(await doctorDevices());
    // The GPUs are not real: whether or not ONNX Runtime's CUDA part is here, they cannot be used.
    expect(found.slice(0, 2)).toMatchObject([
      {
        line: expect.stringMatching(
          /^(cuda:0 is Tesla T4, 16\.1 GB, driver 535\.104\.05, but it is not used|cuda:0 cannot be used \()/,
        ) as string,
        ok: false,
        advice: expect.stringContaining('npm run setup:cuda') as string,
      },
      {
        line: expect.stringContaining('cuda:1') as string,
        ok: false,
        advice: expect.stringContaining('npm run setup:cuda') as string,
      },
    ]);
    expect(found).toContainEqual({ line: "ONNX Runtime's CPU provider: --device cpu", ok: true });
    const encoders = found.filter(({ line }) => /^\w+ (encodes|does not encode here)/.test(line));
    expect(encoders.map(({ line }) => line.split(' ')[0])).toEqual([
      'h264_nvenc',
      'hevc_nvenc',
      'h264_vaapi',
      'hevc_vaapi',
    ]);
    for (const { line, ok, advice } of encoders) expect(line.includes('does not') ? advice : ok).toBeTruthy();
    expect(await deviceMemory('cuda:1')).toBe(512 * 2 ** 20 * 1.5);
  });

  test('a driver that does not answer is told from one that is not there', async () => {
    saying("echo 'NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver.'; exit 9");
    expect(await askGpus()).toEqual({
      gpus: [],
      problem: 'NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver.',
    });
    process.env['PATH'] = '/nowhere';
    expect(await askGpus()).toEqual({ gpus: [] });
  });
});

test('a GPU serves its own queue and that of any GPU, the CPU its own', () => {
  expect(deviceTags('cuda:1')).toEqual(['cuda:1', 'gpu']);
  expect(deviceTags('cpu', false)).toEqual(['cpu']);
});

test('where OpenVINO was set up, the CPU serves its queue too', () => {
  expect(deviceTags('cpu', true)).toEqual(['cpu', 'openvino:cpu']);
});

test('there is always a device, and each is named', async () => {
  const devices = await discoverDevices();
  expect(devices.length).toBeGreaterThan(0);
  for (const { device, label } of devices) {
    expect(device).toMatch(/^(cpu|cuda:\d+)$/);
    expect(label).not.toBe('');
  }
});

test('the memory to plan for is no more than the host has, also for a GPU that cannot be asked', async () => {
  for (const device of ['cpu', 'cuda:97']) {
    const memory = await deviceMemory(device);
    expect(memory).toBeGreaterThan(2 ** 20);
    expect(memory).toBeLessThanOrEqual(os.totalmem());
  }
});

test('the model that probes a device is a valid one that returns its input', async () => {
  const session = await InferenceSession.create(IDENTITY_MODEL, { executionProviders: ['cpu'] });
  const { y } = await session.run({ x: new Tensor('float32', [42.5], [1]) });
  expect(y?.data).toEqual(new Float32Array([42.5]));
});
