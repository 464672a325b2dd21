import { existsSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { projectRoot } from '../../src/lib/project.js';
import { pullRegistered } from '../../src/models/pull.js';
import { type RegisteredModel, registered } from '../../src/models/registry.js';
import { modelFile } from '../../src/models/store.js';
import { loadConfig } from '../../temporal.config.js';
import type { NamedFile } from './quality/speeds.js';

/** The file of a named model's network, which is fetched where it is not here. */
export async function pulled(network: string, scale = 4): Promise<string> {
  const file = modelFile(loadConfig().roots.models, registered(network), scale);
  if (!existsSync(file))
    await execa(path.join(projectRoot, 'bin/reelscale'), ['models', 'pull', network], { stdio: 'inherit' });
  return file;
}

/** The files of networks that come with Reelscale, copied into a models folder. */
export async function shippedFiles(models: readonly RegisteredModel[], modelsRoot: string): Promise<NamedFile[]> {
  const files: NamedFile[] = [];
  for (const model of models)
    for (const { file } of await pullRegistered(model, { modelsRoot })) files.push({ name: model.name, file });
  return files;
}
