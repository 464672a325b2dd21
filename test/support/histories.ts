import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { temporal } from '@temporalio/proto';

type History = temporal.api.history.v1.IHistory;

const project = path.resolve(import.meta.dirname, '../..');
const root = path.join(project, 'test/histories');

/** With REELSCALE_RECORD_HISTORIES=VERSION, keeps a history for that release: done once, when a release is made. */
export function record(title: string, history: History): void {
  const version = process.env['REELSCALE_RECORD_HISTORIES'];
  if (!version) return;
  const folder = path.join(root, version);
  mkdirSync(folder, { recursive: true });
  const name = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 80);
  // Stack traces and identities name the machine; nobody else needs that.
  const text = historyToJSON(history).replaceAll(project, '/reelscale').replaceAll(os.hostname(), 'host');
  writeFileSync(path.join(folder, `${name}.json`), `${text}\n`);
}

/** The committed histories of every release. */
export function recorded(): { name: string; history: unknown }[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => ({ name, history: JSON.parse(readFileSync(path.join(root, name), 'utf8')) as unknown }));
}
