import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { flush, hasCode } from '../job/durable.js';
import { inspectModel } from './inspect.js';
import { convertNcnn } from './ncnn/convert.js';
import { registered, scalesOf, WHEEL, type RegisteredModel } from './registry.js';
import { modelFile, modelFolder, stateOf } from './store.js';
import { obtainWheel, readWheel } from './wheel.js';

export interface PullOptions {
  modelsRoot: string;
  signal?: AbortSignal;
  /** Told what happens, one line each. */
  log?: (line: string) => void;
}

export interface PulledModel {
  scale: number;
  file: string;
  /** False when it was there already. */
  fresh: boolean;
}

/**
 * Fetches every scale of a registered model, converts it to ONNX and tries it. What is there whole is not fetched again; after
 * a failure nothing new is in the models folder.
 * @throws UserError for an unknown name, without pip, and for files that are not the expected ones. @throws WorldError without a network.
 */
export async function pullModel(name: string, { modelsRoot, signal, log = () => undefined }: PullOptions): Promise<PulledModel[]> {
  const model = registered(name);
  const missing: number[] = [];
  for (const scale of scalesOf(model)) {
    if ((await stateOf(modelsRoot, model, scale, signal)) !== 'ready') missing.push(scale);
  }
  if (missing.length > 0) {
    await mkdir(modelsRoot, { recursive: true });
    const work = await mkdtemp(path.join(modelsRoot, '.pull-'));
    try {
      await makeAll(model, missing, work, { modelsRoot, signal, log });
      for (const scale of missing) await publish(path.join(work, String(scale)), { modelsRoot, model, scale, work });
      await flush(modelsRoot);
    } finally {
      await rm(work, { recursive: true, force: true });
    }
  }
  return scalesOf(model).map((scale) => ({ scale, file: modelFile(modelsRoot, model, scale), fresh: missing.includes(scale) }));
}

interface Making {
  modelsRoot: string;
  signal: AbortSignal | undefined;
  log: (line: string) => void;
}

/** Leaves a finished folder for every scale below `work`. */
async function makeAll(model: RegisteredModel, scales: number[], work: string, { modelsRoot, signal, log }: Making): Promise<void> {
  const wheel = await obtainWheel(modelsRoot, work, signal, log);
  for (const scale of scales) {
    signal?.throwIfAborted();
    log(`converting ${model.name} x${scale}`);
    await make(model, scale, wheel, path.join(work, String(scale)), signal);
  }
}

async function make(model: RegisteredModel, scale: number, wheel: string, folder: string, signal: AbortSignal | undefined): Promise<void> {
  const files = model.variants.get(scale)?.files;
  if (!files) throw new RangeError(`${model.name} has no scale ${scale}`);
  const entries = await readWheel(wheel, new Map([[`${files.path}.param`, files.param], [`${files.path}.bin`, files.bin]]));
  const bytes = (extension: string) => entries.get(files.path + extension) ?? new Uint8Array();
  const onnx = convertNcnn(new TextDecoder().decode(bytes('.param')), bytes('.bin'));
  const digest = createHash('sha256').update(onnx).digest('hex');
  if (digest !== files.onnx) throw new Error(`${model.name} x${scale} converted to other bytes than it always did: ${digest}`);

  await mkdir(folder);
  const file = path.join(folder, 'model.onnx');
  await writeFile(file, onnx, { flush: true });
  const inspected = await inspectModel(file, { signal });
  if (inspected.scale !== scale) throw new Error(`${model.name} x${scale} enlarges by ${inspected.scale}`);
  const { name, architecture, licence, author } = model;
  const source = { package: WHEEL.package, version: WHEEL.version, ...files };
  await writeFile(path.join(folder, 'model.json'), `${JSON.stringify({ name, scale, digest, architecture, licence, author, source }, undefined, 2)}\n`, { flush: true });
  await flush(folder);
}

/** Puts a finished folder into its place. What lies there is damaged, or was put there by another pull in the meantime. */
async function publish(folder: string, { modelsRoot, model, scale, work }: { modelsRoot: string; model: RegisteredModel; scale: number; work: string }): Promise<void> {
  const target = modelFolder(modelsRoot, model, scale);
  try {
    await rename(folder, target);
  } catch (error) {
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')) throw error;
    if ((await stateOf(modelsRoot, model, scale)) === 'ready') return;
    await rename(target, path.join(work, `replaced-${scale}`));
    await rename(folder, target);
  }
}
