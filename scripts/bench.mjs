import { readdirSync } from 'node:fs';
import path from 'node:path';
import { main, root, runNode, SetupError } from './lib.mjs';
import { setup } from './setup.mjs';

/** `bench [NAME] [arguments]`: one benchmark of bench/, or all of them. */
await main(import.meta, async () => {
  await setup();
  const folder = path.join(root, 'dist/bench');
  // A benchmark is a file directly in bench/; what several share lies in folders below.
  const known = readdirSync(path.join(root, 'bench'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.parse(file).name);
  const [name, ...args] = process.argv.slice(2);
  if (name !== undefined && !known.includes(name))
    throw new SetupError(`no benchmark ${name}; there are: ${known.join(', ')}`);
  const codes = (name ? [name] : known).map((each) => runNode([path.join(folder, `${each}.js`), ...args]));
  return codes.find((code) => code !== 0) ?? 0;
});
