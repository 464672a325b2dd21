import os from 'node:os';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { deviceTags, discoverDevices, parseGpuList } from '../../src/worker/devices.js';
import { deviceMemory, parseGpuMemory } from '../../src/worker/deviceMemory.js';
import { IDENTITY_MODEL } from '../../src/worker/identityModel.js';

test('the list of GPUs is read with and without their ids', () => {
  expect(parseGpuList('GPU 0: Tesla T4 (UUID: GPU-1a2b)\nGPU 1: NVIDIA A100-SXM4-40GB\n')).toEqual([
    { index: 0, label: 'Tesla T4' },
    { index: 1, label: 'NVIDIA A100-SXM4-40GB' },
  ]);
  expect(parseGpuList('NVIDIA-SMI has failed because it could not communicate with the driver.')).toEqual([]);
});

test('a GPU serves its own queue and that of any GPU, the CPU its own', () => {
  expect(deviceTags('cuda:1')).toEqual(['cuda:1', 'gpu']);
  expect(deviceTags('cpu')).toEqual(['cpu']);
});

test('there is always a device, and each is named', async () => {
  const devices = await discoverDevices();
  expect(devices.length).toBeGreaterThan(0);
  for (const { device, label } of devices) {
    expect(device).toMatch(/^(cpu|cuda:\d+)$/);
    expect(label).not.toBe('');
  }
});

test('the memory of a GPU is read by its index', () => {
  const text = '0, 15360, 14927\n1, 40960, 512\n';
  expect(parseGpuMemory(text, 1)).toEqual({ total: 40_960 * 2 ** 20, free: 512 * 2 ** 20 });
  expect(parseGpuMemory(text, 2)).toBeUndefined();
  expect(parseGpuMemory('0, [N/A], [N/A]', 0)).toBeUndefined();
  expect(parseGpuMemory('NVIDIA-SMI has failed', 0)).toBeUndefined();
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
