import path from 'node:path';
import { main, root, runNode } from './lib.mjs';
import { setup } from './setup.mjs';

/** `parity --data FOLDER`: holds pictures to those of Real-ESRGAN's own code in PyTorch; see tools/parity. */
await main(import.meta, async () => {
  await setup();
  return runNode([path.join(root, 'dist/tools/parity/run.js'), ...process.argv.slice(2)]);
});
