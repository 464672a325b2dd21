import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { flush } from '../lib/durable.js';
import { inspectModel } from './inspect.js';
import type { Inspected } from './inspected.js';
import { type ModelRecord, onnxFile, recordFile } from './store.js';

export interface FinishOptions {
  /** Where what the network turned out to be is kept. */
  modelsRoot?: string;
  /** Further files of the folder, by name. */
  files?: ReadonlyMap<string, Uint8Array>;
  /** Name of the network for messages. */
  label?: string;
  signal: AbortSignal | undefined;
}

/**
 * Makes a model's folder, ready to be renamed into its place: the network, tried, and its record.
 * @throws UserError with one line when the network cannot be used.
 */
export async function finishFolder(
  folder: string,
  onnx: Uint8Array,
  record: (inspected: Inspected) => ModelRecord,
  { modelsRoot, files, label, signal }: FinishOptions,
): Promise<Inspected> {
  await mkdir(folder);
  await writeFile(onnxFile(folder), onnx, { flush: true });
  const inspected = await inspectModel(onnxFile(folder), {
    signal,
    ...(modelsRoot !== undefined && { modelsRoot }),
    ...(label !== undefined && { label }),
  });
  for (const [name, bytes] of files ?? []) await writeFile(path.join(folder, name), bytes, { flush: true });
  await writeFile(recordFile(folder), `${JSON.stringify(record(inspected), undefined, 2)}\n`, { flush: true });
  await flush(folder);
  return inspected;
}
