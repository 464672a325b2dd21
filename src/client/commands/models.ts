import { loadConfig } from '../../../temporal.config.js';
import { listModels, modelInfo, type ModelInfo } from '../../models/list.js';
import { pullModel } from '../../models/pull.js';
import { EXIT } from '../exit.js';

interface Json {
  json?: boolean;
}

const print = (text: string): void => { process.stdout.write(`${text}\n`); };

export async function list({ json }: Json): Promise<number> {
  const models = await listModels(loadConfig().roots.models);
  if (json) print(JSON.stringify(models));
  else models.forEach((model) => { print(`${model.name.padEnd(26)} ${scales(model).padEnd(12)} ${pulled(model).padEnd(12)} ${model.goodFor}`); });
  return EXIT.done;
}

const scales = (model: ModelInfo): string => model.variants.map(({ scale }) => `x${scale}`).join(' ');
const pulled = (model: ModelInfo): string => (model.variants.every((variant) => variant.pulled) ? 'here' : 'not pulled');

export async function pull(name: string): Promise<number> {
  const models = await pullModel(name, { modelsRoot: loadConfig().roots.models, log: (text) => { process.stderr.write(`${text}\n`); } });
  models.forEach(({ file }) => { print(file); });
  return EXIT.done;
}

export async function info(name: string, { json }: Json): Promise<number> {
  const model = await modelInfo(name, loadConfig().roots.models);
  if (json) {
    print(JSON.stringify(model));
    return EXIT.done;
  }
  print([
    `name          ${model.name}`,
    `architecture  ${model.architecture}`,
    `parameters    ${model.parameters.toLocaleString('en-US')}`,
    `scales        ${scales(model)}`,
    `licence       ${model.licence}`,
    `author        ${model.author}`,
    `good for      ${model.goodFor}`,
    `here          ${pulled(model)}`,
  ].join('\n'));
  return EXIT.done;
}
