import path from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { folderOf } from '../../src/runtime/bundle.js';
import { CUDA } from '../../src/runtime/cudaFiles.js';
import { runtimeEnvironment } from '../../src/runtime/runtimeEnvironment.js';

afterEach(() => vi.unstubAllEnvs());

it("CUDA's libraries are looked for once, before the host's, also by processes of processes", () => {
  vi.stubEnv('LD_LIBRARY_PATH', '/opt/lib');
  const once = runtimeEnvironment()['LD_LIBRARY_PATH'];
  expect(once).toBe([folderOf(CUDA), '/opt/lib'].join(path.delimiter));
  vi.stubEnv('LD_LIBRARY_PATH', once ?? '');
  expect(runtimeEnvironment()['LD_LIBRARY_PATH']).toBe(once);
});
