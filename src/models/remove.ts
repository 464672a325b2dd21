import { rename } from 'node:fs/promises';
import path from 'node:path';
import { shortJob } from '../job/keys.js';
import type { Roots } from '../job/layout.js';
import { surveyJobs } from '../job/store.js';
import { flush } from '../lib/durable.js';
import { UserError } from '../lib/errors.js';
import { isFile } from '../lib/files.js';
import { quote } from '../lib/quote.js';
import { findImported } from './imported.js';
import { findRegistered, scalesOf } from './registry.js';
import { importedFolder, modelFolder, onnxFile } from './store.js';
import { inWorkFolder } from './workFolder.js';

/**
 * Removes a pulled model with all its scales, or an imported one.
 * @returns its name.
 * @throws UserError when it is not here, or an unfinished job needs it.
 */
export async function removeModel(name: string, roots: Pick<Roots, 'models' | 'jobs'>): Promise<string> {
  const found = await findHere(name, roots.models);
  if (!found)
    throw new UserError(`there is no model ${quote(name)} here: \`reelscale models list\` shows those that are`);
  const { jobs, damaged } = await surveyJobs(roots);
  if (damaged[0]) throw damaged[0];
  const users = jobs
    .filter(({ report, ended }) => !report && !ended)
    .map(({ spec }) => spec)
    .filter(
      ({ method }) =>
        method.kind === 'model' &&
        method.file.root === 'models' &&
        found.folders.includes(path.resolve(roots.models, path.dirname(method.file.path))),
    );
  if (users[0]) {
    const jobs = users.map(shortJob).join(', ');
    throw new UserError(
      `model ${found.name} is needed by unfinished jobs (${jobs}): ` +
        `wait for them, or cancel them (reelscale cancel ${shortJob(users[0])})`,
    );
  }
  await inWorkFolder(roots.models, async (work) => {
    for (const folder of found.folders) await rename(folder, path.join(work, path.basename(folder)));
    await flush(roots.models);
  });
  return found.name;
}

async function findHere(name: string, modelsRoot: string): Promise<{ name: string; folders: string[] } | undefined> {
  const model = findRegistered(name);
  if (!model) {
    const imported = await findImported(modelsRoot, name);
    return imported === undefined ? undefined : { name: imported, folders: [importedFolder(modelsRoot, imported)] };
  }
  const folders: string[] = [];
  for (const scale of scalesOf(model)) {
    const folder = modelFolder(modelsRoot, model, scale);
    if (await isFile(onnxFile(folder))) folders.push(folder);
  }
  return folders.length > 0 ? { name: model.name, folders } : undefined;
}
