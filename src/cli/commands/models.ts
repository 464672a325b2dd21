import { stat } from 'node:fs/promises';
import { loadConfig } from '../../../temporal.config.js';
import { fastestSpeed, rememberedSpeeds, videoFps, type WaySpeed } from '../../client/device/fastest.js';
import { networkOf } from '../../client/job/placement.js';
import { UserError } from '../../lib/errors.js';
import { ignoreUnreachable } from '../../lib/systemErrors.js';
import { type ImportedModel, importFile } from '../../models/import.js';
import { importFolder } from '../../models/importFolder.js';
import { modelInfo, type Speed } from '../../models/info.js';
import { type ListedModel, listModels } from '../../models/list.js';
import { pullModel } from '../../models/pull.js';
import { removeModel } from '../../models/remove.js';
import type { AnyUpscaleModel } from '../../upscaler/speed.js';
import { EXIT } from '../exit.js';
import { renderModel, renderSpeed } from '../modelInfo.js';
import { log, print, printJson } from '../say.js';

interface Json {
  json?: boolean;
}

export async function list({ json }: Json): Promise<number> {
  const { roots } = loadConfig();
  const remembered = await rememberedSpeeds(roots.jobs);
  const models = await listModels(roots.models, async (digest) => {
    const fastest = await remembered(digest);
    return fastest && told(fastest);
  });
  if (json) printJson(models);
  else
    models.forEach((model) => {
      print(
        (
          `${model.name.padEnd(26)} ${scales(model).padEnd(12)} ${here(model).padEnd(12)} ` +
          [model.goodFor ?? model.architecture ?? '', ...speeds(model)].filter(Boolean).join('; ')
        ).trimEnd(),
      );
    });
  return EXIT.done;
}

const scales = (model: ListedModel): string => model.variants.map(({ scale }) => `x${scale}`).join(' ');

/** What was measured. A network is as fast at each of its scales, or has one only. */
const speeds = (model: ListedModel): string[] =>
  model.variants.slice(-1).flatMap(({ speed }) => (speed ? [renderSpeed(speed)] : []));

function here({ kind, variants }: ListedModel): string {
  if (kind === 'imported') return 'imported';
  return variants.every(({ pulled }) => pulled) ? 'here' : 'not pulled';
}

export async function pull(name: string): Promise<number> {
  const models = await pullModel(name, { modelsRoot: loadConfig().roots.models, log });
  models.forEach(({ file }) => {
    print(file);
  });
  return EXIT.done;
}

export async function info(name: string, { json }: Json): Promise<number> {
  const { roots } = loadConfig();
  const model = await modelInfo(name, {
    modelsRoot: roots.models,
    speedOf: (network) => speedOf({ ...networkOf(network), blend: 0 }, roots.jobs),
  });
  print(json ? JSON.stringify(model) : renderModel(model));
  return EXIT.done;
}

async function speedOf(network: AnyUpscaleModel, jobsRoot: string): Promise<Speed | { problem: string }> {
  const fastest = await fastestSpeed(network, { jobsRoot, say: log });
  return 'problem' in fastest ? fastest : told(fastest);
}

const told = ({ device, precision, speed }: WaySpeed): Speed => ({
  device,
  precision,
  tile: { width: speed.width, height: speed.height },
  fps: videoFps(speed),
});

/** Prints the names that can be given to `--model`. */
export async function importModel(file: string, { name }: { name?: string }): Promise<number> {
  const modelsRoot = loadConfig().roots.models;
  const isFolder = (await stat(file).catch(ignoreUnreachable))?.isDirectory() ?? false;
  if (!isFolder) {
    tell(await importFile(file, { modelsRoot, ...(name !== undefined && { name }) }));
    return EXIT.done;
  }
  if (name !== undefined)
    throw new UserError('--name names one model: without it the models of a folder have the names of their files');
  const { imported, refused } = await importFolder(file, { modelsRoot });
  refused.forEach((line) => {
    log(`not imported: ${line}`);
  });
  imported.forEach(tell);
  if (imported.length === 0) throw new UserError(`none of the ${refused.length} networks could be imported`);
  return EXIT.done;
}

function tell({ name, scale, fresh }: ImportedModel): void {
  log(fresh ? `imported ${name}, which enlarges by ${scale}` : `${name} was here already`);
  print(name);
}

export async function remove(name: string): Promise<number> {
  log(`removed ${await removeModel(name, loadConfig().roots)}`);
  return EXIT.done;
}
