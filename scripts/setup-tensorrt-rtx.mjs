import { main, say } from './lib.mjs';
import { setup } from './setup.mjs';

/** Fetches TensorRT-RTX as a plugin of ONNX Runtime from PyPI; nothing is done where it is here already. */
await main(import.meta, async () => {
  await setup();
  const { setUpBundle } = await import('../dist/src/runtime/bundle.js');
  const { TENSORRT_RTX } = await import('../dist/src/runtime/tensorrtRtxFiles.js');
  const fetched = await setUpBundle(TENSORRT_RTX, say);
  say(`TensorRT-RTX ${fetched ? 'is ready' : 'was here already'}: reelscale doctor tries its GPUs`);
});
