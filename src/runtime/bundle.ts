import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { digestOf } from '../lib/digest.js';
import { UserError } from '../lib/errors.js';
import { downloadWheel, type Wheel } from '../lib/pip.js';
import { projectRoot } from '../lib/project.js';
import { hasCode } from '../lib/systemErrors.js';
import { ZipArchive } from '../lib/zip.js';
import { isTruncated } from './truncated.js';

/** A wheel on PyPI, and which of its files are wanted: the first group is the file's name. */
interface BundleWheel extends Wheel {
  sha256: string;
  wanted: RegExp;
}

/** Shared libraries out of Python wheels: what computes networks on a kind of device. Linux on x86-64 only. */
export interface Bundle {
  /** What people call it. */
  title: string;
  /** Of its folder beside the packages, with its version. */
  name: string;
  wheels: readonly BundleWheel[];
  /** Of what is downloaded. */
  size: string;
  /** The library that ONNX Runtime is given, and others without which a set-up is not whole. */
  libraries: readonly [string, ...string[]];
  /** Further names of its files, which wheels cannot hold. */
  links?: Readonly<Record<string, string>>;
  /** What fetches it. */
  setUp: string;
  /** What it means to be without it, as the end of a sentence. */
  without: string;
}

const MOST_ENTRY_BYTES = 700e6;

/** Whether there are such libraries for this system. */
export const bundlesExist = (): boolean => process.platform === 'linux' && process.arch === 'x64';

/** Beside the packages, where the set-up puts it, as a whole or not at all. */
export const folderOf = ({ name }: Bundle): string => path.join(projectRoot, 'node_modules', `.${name}`);

/** Its main library, where it was set up. */
export function libraryOf(bundle: Bundle, folder = folderOf(bundle)): string | undefined {
  const file = path.join(folder, bundle.libraries[0]);
  return existsSync(file) ? file : undefined;
}

/** The names of libraries that were cut off since they were set up: a process that loads them ends. */
export async function truncatedLibraries(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.includes('.so'));
  const cut = await Promise.all(names.map((name) => isTruncated(path.join(folder, name))));
  return names.filter((_, i) => cut[i]);
}

const isWhole = async (bundle: Bundle, folder: string): Promise<boolean> =>
  bundle.libraries.every((name) => existsSync(path.join(folder, name))) &&
  (await truncatedLibraries(folder)).length === 0;

/**
 * Fetches it where it is not there yet, and unpacks it; nothing of the wheels is run.
 * @returns whether it was fetched.
 * @throws UserError without pip, for a wheel with other bytes than expected, and where there is none for this system.
 * @throws WorldError when it cannot be downloaded.
 */
export async function setUpBundle(
  bundle: Bundle,
  log: (line: string) => void,
  folder = folderOf(bundle),
): Promise<boolean> {
  if (!bundlesExist()) throw new UserError(`there is ${bundle.title} for Linux on x86-64 only`);
  if (await isWhole(bundle, folder)) return false;
  log(`fetching ${bundle.title} (${bundle.wheels.map(nameOf).join(', ')}; ${bundle.size}) with pip`);
  const work = await mkdtemp(`${folder}-`);
  try {
    const files = path.join(work, 'files');
    await mkdir(files);
    for (const wheel of bundle.wheels) await take(wheel, bundle, work, files);
    for (const [name, target] of Object.entries(bundle.links ?? {})) await symlink(target, path.join(files, name));
    await publish(bundle, files, folder, path.join(work, 'replaced'));
    return true;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const nameOf = (wheel: Wheel): string => `${wheel.package} ${wheel.version}`;

async function take(wheel: BundleWheel, { without }: Bundle, work: string, folder: string): Promise<void> {
  const file = await downloadWheel(wheel, work, { signal: undefined, advice: `check the network; ${without}` });
  const bytes = await readFile(file);
  if (digestOf(bytes) !== wheel.sha256)
    throw new UserError(`the wheel of ${wheel.package} has another digest than the one expected: it is not used`);
  const archive = await ZipArchive.open(bytes);
  for (const name of archive.names()) {
    const [, wanted] = wheel.wanted.exec(name) ?? [];
    if (wanted !== undefined) await archive.extract(name, path.join(folder, wanted), MOST_ENTRY_BYTES);
  }
  await rm(file);
}

/** Puts the files in their place, unless another process was faster. What lies there damaged is moved away. */
async function publish(bundle: Bundle, files: string, folder: string, replaced: string): Promise<void> {
  if (await isWhole(bundle, folder)) return;
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
