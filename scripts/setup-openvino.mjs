import { main, say } from './lib.mjs';
import { setup } from './setup.mjs';

/** Fetches OpenVINO's plugin for ONNX Runtime from PyPI; nothing is done where it is here already. */
await main(import.meta, async () => {
  await setup();
  const { setUpOpenvino } = await import('../dist/src/runtime/openvinoFiles.js');
  const fetched = await setUpOpenvino(say);
  say(fetched ? 'OpenVINO is ready: --device openvino:cpu' : 'OpenVINO was here already: --device openvino:cpu');
});
