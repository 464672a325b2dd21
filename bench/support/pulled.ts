import { existsSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { projectRoot } from '../../src/lib/project.js';
import { registered } from '../../src/models/registry.js';
import { modelFile } from '../../src/models/store.js';
import { loadConfig } from '../../temporal.config.js';

/** The file of a named model's network, which is fetched where it is not here. */
export async function pulled(network: string, scale = 4): Promise<string> {
  const file = modelFile(loadConfig().roots.models, registered(network), scale);
  if (!existsSync(file))
    await execa(path.join(projectRoot, 'bin/reelscale'), ['models', 'pull', network], { stdio: 'inherit' });
  return file;
}
