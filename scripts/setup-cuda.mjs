import path from 'node:path';
import { main, root, runNode, say } from './lib.mjs';
import { setup } from './setup.mjs';

/** Fetches ONNX Runtime's CUDA files with the package's own install script, which is off otherwise. */
await main(import.meta, async () => {
  await setup();
  const script = path.join(root, 'node_modules/onnxruntime-node/script/install.js');
  say("fetching ONNX Runtime's CUDA files (several hundred MB)");
  const code = runNode([script], {
    cwd: path.dirname(path.dirname(script)),
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'cuda12' },
  });
  if (code !== 0)
    say(
      "ONNX Runtime's CUDA files could not be fetched: " +
        'this needs Linux on x64 and a way to its download server; the CPU works without them',
    );
  return code;
});
