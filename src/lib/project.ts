import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

function findRoot(folder: string): string {
  if (existsSync(path.join(folder, 'package.json'))) return folder;
  const parent = path.dirname(folder);
  if (parent === folder) throw new Error('package.json was not found above the program');
  return findRoot(parent);
}

/** Where package.json lies, whether this runs from src/ or from dist/. */
export const projectRoot = findRoot(import.meta.dirname);

export const packageVersion = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8'))).version;

/** Names the build that this process was started from: a digest of its sources, or `none` before the first build. */
export const buildId = readBuildId();

function readBuildId(): string {
  const file = path.join(projectRoot, 'dist', 'build.json');
  if (!existsSync(file)) return 'none';
  return z
    .object({ inputs: z.string() })
    .parse(JSON.parse(readFileSync(file, 'utf8')))
    .inputs.slice(0, 12);
}

/** The bundled file of a process entry, such as `worker/main.js`. */
export const entryFile = (name: string): string => path.join(projectRoot, 'dist', 'bundle', name);

export const workflowBundleFile = path.join(projectRoot, 'dist', 'workflow-bundle.js');
