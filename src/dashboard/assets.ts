import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { projectRoot } from '../lib/project.js';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};

export interface Asset {
  type: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/** The page's files, read once: no path of a request ever reaches the disk. */
export async function loadAssets(): Promise<Map<string, Asset>> {
  const folder = path.join(projectRoot, 'dist', 'web');
  const names = (await readdir(folder)).filter((name) => TYPES[path.extname(name)] !== undefined);
  return new Map(
    await Promise.all(
      names.map(
        async (name) =>
          [
            name,
            {
              type: TYPES[path.extname(name)] as string,
              bytes: new Uint8Array(await readFile(path.join(folder, name))),
            },
          ] as const,
      ),
    ),
  );
}
