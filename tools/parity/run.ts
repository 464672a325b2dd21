import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { compareAll } from './compare.js';
import { makeEnvironment, runScript } from './environment.js';
import { readReference } from './reference.js';
import { measureSeams } from './seams.js';

/**
 * Holds pictures made by this project to those of Real-ESRGAN's own code in PyTorch, and tiled pictures to whole ones.
 *
 *   npm run parity -- --data FOLDER [--work FOLDER]
 *
 * FOLDER of --data holds the pictures (tools/parity/reference.py lists them). The folder of --work keeps the Python
 * environment and the reference; what is there is used again. Exit code 1 when a limit is broken.
 */
const { values } = parseArgs({
  options: { data: { type: 'string' }, work: { type: 'string', default: path.join(os.tmpdir(), 'reelscale-parity') } },
});
const { data, work } = values;
if (data === undefined) throw new Error('give the folder of pictures: npm run parity -- --data FOLDER');

const folder = path.join(work, 'reference');
if (!existsSync(path.join(folder, 'reference.json'))) {
  await runScript(await makeEnvironment(path.join(work, 'python')), 'reference.py', [path.resolve(data), folder]);
}
const reference = await readReference(folder);
const equal = await compareAll(folder, reference);
const seamless = await measureSeams(folder, reference);
process.exitCode = equal && seamless ? 0 : 1;
