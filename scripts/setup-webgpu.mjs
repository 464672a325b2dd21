import { main, say } from './lib.mjs';
import { setup } from './setup.mjs';

/** Fetches WebGPU's plugin for ONNX Runtime from PyPI; nothing is done where it is here already. */
await main(import.meta, async () => {
  await setup();
  const { setUpBundle } = await import('../dist/src/runtime/bundle.js');
  const { WEBGPU } = await import('../dist/src/runtime/webgpuFiles.js');
  const fetched = await setUpBundle(WEBGPU, say);
  say(`WebGPU ${fetched ? 'is ready' : 'was here already'}: reelscale doctor tells its GPUs`);
});
