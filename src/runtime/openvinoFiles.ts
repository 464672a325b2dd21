import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { digestOf } from '../lib/digest.js';
import { UserError } from '../lib/errors.js';
import { downloadWheel } from '../lib/pip.js';
import { projectRoot } from '../lib/project.js';
import { hasCode } from '../lib/systemErrors.js';
import { ZipArchive } from '../lib/zip.js';
import { isTruncated } from './truncated.js';

/** ONNX Runtime's plugin for OpenVINO: shared libraries in a Python wheel (MIT), for ONNX Runtime from 1.23 on. */
export const OPENVINO = {
  package: 'onnxruntime-ep-openvino',
  version: '1.8.1',
  python: '3.11',
  platform: 'manylinux_2_28_x86_64',
  sha256: '3832643158c8c187fcab6db661cde2a8c06a2b3559d95d0f2411ac0e51c5e924',
};
const PLUGIN = 'libonnxruntime_providers_openvino_plugin.so';
/** In the wheel: each library once, for processors and graphics; and the licences. */
const WANTED = /^onnxruntime_ep_openvino\/([^/]+\.so(?:\.\d+)?|third-party-programs\.txt)$/;
const NOT_WANTED = /_plugin\.so\.1$|intel_npu/;
const MOST_ENTRY_BYTES = 100e6;

/** Beside the packages, where `npm run setup` puts it, as a whole or not at all. */
export const OPENVINO_FOLDER = path.join(projectRoot, 'node_modules', `.openvino-${OPENVINO.version}`);

/** Whether there is a plugin for this system. */
export const openvinoExists = (): boolean => process.platform === 'linux' && process.arch === 'x64';

/** The plugin, where it was set up. */
export function openvinoPlugin(folder = OPENVINO_FOLDER): string | undefined {
  const file = path.join(folder, PLUGIN);
  return existsSync(file) ? file : undefined;
}

/** The names of libraries that were cut off since they were set up: a process that loads them ends. */
export async function truncatedLibraries(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.includes('.so'));
  const cut = await Promise.all(names.map((name) => isTruncated(path.join(folder, name))));
  return names.filter((_, i) => cut[i]);
}

const isWhole = async (folder: string): Promise<boolean> =>
  openvinoPlugin(folder) !== undefined && (await truncatedLibraries(folder)).length === 0;

/**
 * Fetches the plugin where it is not there yet, and unpacks it; nothing of the wheel is run.
 * @returns whether it was fetched.
 * @throws UserError without pip, for a wheel with other bytes than expected, and where there is no plugin for this
 * system. @throws WorldError when it cannot be downloaded.
 */
export async function setUpOpenvino(log: (line: string) => void, folder = OPENVINO_FOLDER): Promise<boolean> {
  if (!openvinoExists()) throw new UserError('there is OpenVINO for Linux on x86-64 only');
  if (await isWhole(folder)) return false;
  log(`fetching OpenVINO (${OPENVINO.package} ${OPENVINO.version}, 52 MB) with pip`);
  const work = await mkdtemp(`${folder}-`);
  try {
    const advice = 'check the network; the CPU works without it, but slower';
    const wheel = await readFile(await downloadWheel(OPENVINO, work, { signal: undefined, advice }));
    if (digestOf(wheel) !== OPENVINO.sha256)
      throw new UserError(`the wheel of ${OPENVINO.package} has another digest than the one expected: it is not used`);
    const files = path.join(work, 'files');
    await unpack(await ZipArchive.open(wheel), files);
    await publish(files, folder, path.join(work, 'replaced'));
    return true;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function unpack(archive: ZipArchive, folder: string): Promise<void> {
  await mkdir(folder);
  for (const name of archive.names()) {
    const [, file] = WANTED.exec(name) ?? [];
    if (file === undefined || NOT_WANTED.test(file)) continue;
    const bytes = await archive.read(name, MOST_ENTRY_BYTES);
    if (bytes) await writeFile(path.join(folder, file), bytes, { flush: true });
  }
}

/** Puts the files in their place, unless another process was faster. What lies there damaged is moved away. */
async function publish(files: string, folder: string, replaced: string): Promise<void> {
  if (await isWhole(folder)) return;
  try {
    await rename(folder, replaced);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
  try {
    await rename(files, folder);
  } catch (error) {
    if (!hasCode(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  }
}
