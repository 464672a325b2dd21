import path from 'node:path';
import { main, root, runNode, say } from './lib.mjs';
import { setup } from './setup.mjs';

/**
 * Fetches ONNX Runtime's CUDA provider and the libraries of NVIDIA that it needs from PyPI; nothing is done where they
 * are here already. Where that cannot be, the install script of onnxruntime-node, which is off otherwise, fetches a
 * provider for the CUDA 12 and cuDNN 9 of the host.
 */
await main(import.meta, async () => {
  await setup();
  const { setUpCuda } = await import('../dist/src/runtime/cudaFiles.js');
  try {
    const fetched = await setUpCuda(say);
    say(`CUDA's libraries ${fetched ? 'are ready' : 'were here already'}: reelscale doctor tries the GPUs`);
    return 0;
  } catch (error) {
    if (!['UserError', 'WorldError'].includes(error.name)) throw error;
    say(`not from PyPI: ${error.message}`);
  }
  const script = path.join(root, 'node_modules/onnxruntime-node/script/install.js');
  say("fetching ONNX Runtime's CUDA 12 files (several hundred MB) by its own script");
  const code = runNode([script], {
    cwd: path.dirname(path.dirname(script)),
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'cuda12' },
  });
  if (code !== 0)
    say(
      "ONNX Runtime's CUDA files could not be fetched: " +
        'this needs Linux on x64 and a network; the CPU works without them',
    );
  return code;
});
