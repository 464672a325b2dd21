import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { replaceJson, readJson } from '../job/durable.js';
import { UserError } from '../job/errors.js';
import { fileDigest } from '../job/parts.js';
import { tied } from '../media/tools.js';
import { answerSchema, inspectedSchema, type Inspected } from './inspected.js';

/** The largest message that the format allows. */
const MOST_BYTES = 2 ** 31 - 1;

/** Far more than loading a network and running it on two tiny pictures takes. */
const TIMEOUT_MS = 300_000;

/** Node runs compiled files only: from the sources, as in tests, the built one beside them is taken. */
const CHILD = import.meta.filename.endsWith('.ts')
  ? path.join(import.meta.dirname, '../../dist/src/models/inspectChild.js')
  : path.join(import.meta.dirname, 'inspectChild.js');

export interface InspectOptions {
  /** Where results are kept, by the file's digest, so that a file is tried once. Without it every call tries it. */
  modelsRoot?: string;
  signal?: AbortSignal | undefined;
}

/**
 * Finds out whether an ONNX file is a super-resolution network that can be used, by opening and running it in a process of its own.
 * @throws UserError with one line when it is not: no ONNX file, other inputs than one RGB picture in float32, no whole scale, …
 */
export async function inspectModel(file: string, { modelsRoot, signal }: InspectOptions = {}): Promise<Inspected> {
  const name = JSON.stringify(path.basename(file));
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) throw new UserError(`${name} is no model: there is no such file`);
  if (found.size > MOST_BYTES) throw new UserError(`${name} is too large to be an ONNX file`);
  const cached = modelsRoot === undefined ? undefined : await readCached(modelsRoot, await fileDigest(file, signal));
  if (cached) return cached;

  const inspected = await tryInChild(file, name, signal);
  if (modelsRoot !== undefined) {
    await mkdir(path.join(modelsRoot, 'inspected'), { recursive: true });
    await replaceJson(cacheFile(modelsRoot, inspected.digest), inspected);
  }
  return inspected;
}

async function tryInChild(file: string, name: string, signal: AbortSignal | undefined): Promise<Inspected> {
  const [command, args] = tied(process.execPath, [CHILD, file]);
  const result = await execa(command, args, {
    stdin: 'ignore',
    reject: false,
    maxBuffer: 1 << 20,
    timeout: TIMEOUT_MS,
    ...(signal && { cancelSignal: signal }),
  });
  signal?.throwIfAborted();
  if (result.timedOut) throw new UserError(`${name} cannot be used: it did not finish a tiny picture within ${TIMEOUT_MS / 60_000} minutes`);
  if (result.failed) throw new UserError(`${name} cannot be used: onnxruntime ended unexpectedly on it (${result.signal ?? `exit code ${result.exitCode}`})`);
  const answer = answerSchema.parse(JSON.parse(result.stdout));
  if ('problem' in answer) throw new UserError(`${name} cannot be used: it ${answer.problem}`);
  return answer.inspected;
}

const cacheFile = (modelsRoot: string, digest: string): string => path.join(modelsRoot, 'inspected', `${digest}.json`);

/** A record that cannot be read is as good as none. */
const readCached = (modelsRoot: string, digest: string): Promise<Inspected | undefined> =>
  readJson(cacheFile(modelsRoot, digest), inspectedSchema).catch(() => undefined);
