import { expect, test } from 'vitest';
import { parseWorkerFlags } from '../../src/cli/workerFlags.js';

test('each device becomes a worker of its own, with all tags', () => {
  expect(parseWorkerFlags({ device: ['cuda:0', 'cuda:1'], tag: 't4,a100,t4' }).roles).toEqual([
    { name: 'upscale', device: 'cuda:0', tags: ['t4', 'a100'] },
    { name: 'upscale', device: 'cuda:1', tags: ['t4', 'a100'] },
  ]);
  expect(parseWorkerFlags({ role: 'upscale' }).roles).toEqual([{ name: 'upscale', device: 'cpu', tags: [] }]);
  expect(parseWorkerFlags({ role: 'encode', healthFile: '/tmp/h' })).toEqual({
    roles: [{ name: 'encode' }],
    healthFile: '/tmp/h',
  });
});

test.each([
  [{}, '--role must be control, encode or upscale'],
  [{ role: 'boss' }, '--role: must be control, encode or upscale'],
  [
    { device: ['cuda'] },
    '--device: cuda is not a device: use cpu, openvino:gpu:N, openvino:npu, cuda:N, tensorrt-rtx:N or webgpu:N',
  ],
  [{ device: ['cpu', 'vulkan:0'] }, '--device: vulkan:0 is not a device: use cpu, openvino:gpu:N'],
  [
    { device: ['openvino:cpu'] },
    '--device: openvino:cpu has no workers of its own: use cpu, whose workers serve it too',
  ],
  [{ device: ['cuda:0', 'cuda:0'] }, '--device: names one twice: a device does one upscale at a time'],
  [{ role: 'control', device: ['cpu'] }, '--device: is for the upscale role, and control workers have none'],
  [{ role: 'encode', tag: 't4' }, '--tag: is for the upscale role, and encode workers have none'],
  [{ device: ['cpu'], tag: 't4,,a100' }, '--tag: must be names joined by commas'],
])('%j is refused', (options, line) => {
  expect(() => parseWorkerFlags(options)).toThrow(line);
});
