import { mkdir, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileDigest } from '../job/parts.js';
import { overlookDamage, readJson, replaceJson } from '../lib/durable.js';
import { UserError } from '../lib/errors.js';
import { ignoreUnreachable } from '../lib/systemErrors.js';
import { runChild } from './child.js';
import { answerSchema, type Inspected, inspectedSchema } from './inspected.js';

/** The largest message that the format allows. */
const MOST_BYTES = 2 ** 31 - 1;

/** Far more than loading a network and running it on a few small pictures takes. */
const TIMEOUT_MS = 300_000;

/**
 * A network that takes more for a picture of 128x128 is of no use on this machine, and must not push other programs
 * out of it.
 */
const mostMemory = (): number =>
  Math.max(2 * 2 ** 30, Math.floor(Math.min(os.totalmem(), process.constrainedMemory() || Infinity) / 2));

export interface InspectOptions {
  /** Where results are kept, by the file's digest, so that a file is tried once. Without it every call tries it. */
  modelsRoot?: string;
  signal?: AbortSignal | undefined;
  /** What messages call it; the file's name without it. */
  label?: string;
}

/**
 * Finds out whether an ONNX file is a super-resolution network that can be used, by opening and running it in a
 * process of its own.
 * @throws UserError with one line when it is not: no ONNX file, other inputs than one picture in RGB or luma, no whole
 * scale, …
 */
export async function inspectModel(
  file: string,
  { modelsRoot, signal, label = path.basename(file) }: InspectOptions = {},
): Promise<Inspected> {
  const name = JSON.stringify(label);
  const found = await stat(file).catch(ignoreUnreachable);
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
  const { stdout, failure, timedOut } = await runChild('inspectChild.js', [file], {
    timeout: TIMEOUT_MS,
    signal,
    memory: mostMemory(),
  });
  if (timedOut)
    throw new UserError(
      `${name} cannot be used: it did not finish a few small pictures within ${TIMEOUT_MS / 60_000} minutes`,
    );
  if (failure !== undefined)
    throw new UserError(`${name} cannot be used: onnxruntime ended unexpectedly on it (${failure})`);
  const answer = answerSchema.parse(JSON.parse(stdout));
  if ('problem' in answer) throw new UserError(`${name} cannot be used: it ${answer.problem}`);
  return answer.inspected;
}

const cacheFile = (modelsRoot: string, digest: string): string => path.join(modelsRoot, 'inspected', `${digest}.json`);

/** A damaged record is as good as none. */
const readCached = (modelsRoot: string, digest: string): Promise<Inspected | undefined> =>
  readJson(cacheFile(modelsRoot, digest), inspectedSchema).catch(overlookDamage);
