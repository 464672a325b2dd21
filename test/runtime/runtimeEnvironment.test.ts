import path from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { folderOf } from '../../src/runtime/bundle.js';
import { CUDA } from '../../src/runtime/cudaFiles.js';
import { runtimeEnvironment } from '../../src/runtime/runtimeEnvironment.js';
import { TENSORRT_RTX } from '../../src/runtime/tensorrtRtxFiles.js';

afterEach(() => vi.unstubAllEnvs());

it("libraries of CUDA and TensorRT-RTX are looked for once, before the host's, also by processes of processes", () => {
  vi.stubEnv('LD_LIBRARY_PATH', '/opt/lib');
  const once = runtimeEnvironment()['LD_LIBRARY_PATH'];
  expect(once).toBe([folderOf(CUDA), folderOf(TENSORRT_RTX), '/opt/lib'].join(path.delimiter));
  vi.stubEnv('LD_LIBRARY_PATH', once ?? '');
  expect(runtimeEnvironment()['LD_LIBRARY_PATH']).toBe(once);
});
