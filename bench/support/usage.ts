import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { BenchHome } from './home.js';
import { residentMemory } from './processes.js';

const SAMPLE_MS = 1000;

/** The most that was seen at one moment, in bytes. */
export interface Usage {
  /** On the disk, below each folder. */
  disk: Record<string, number>;
  /** All folders together. */
  allDisk: number;
  /** Of all processes that work for the state folder. */
  memory: number;
}

/** Looks once a second what a job takes. @returns a function that ends it and tells the peaks. */
export function watchUsage(home: BenchHome, folders: Readonly<Record<string, string>>): () => Usage {
  const peak: Usage = { disk: {}, allDisk: 0, memory: 0 };
  const sample = (): void => {
    let all = 0;
    for (const [name, folder] of Object.entries(folders)) {
      const bytes = bytesBelow(
        folder,
        Object.values(folders).filter((other) => other !== folder),
      );
      peak.disk[name] = Math.max(peak.disk[name] ?? 0, bytes);
      all += bytes;
    }
    peak.allDisk = Math.max(peak.allDisk, all);
    peak.memory = Math.max(
      peak.memory,
      home.processes().reduce((sum, { pid }) => sum + residentMemory(pid), 0),
    );
  };
  const timer = setInterval(sample, SAMPLE_MS);
  return () => {
    clearInterval(timer);
    sample();
    return peak;
  };
}

/** What a folder's files occupy on the disk. */
function bytesBelow(folder: string, without: readonly string[]): number {
  let sum = 0;
  for (const entry of entries(folder)) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory() && !without.includes(file)) sum += bytesBelow(file, without);
    else if (entry.isFile()) sum += occupied(file);
  }
  return sum;
}

/** Files and folders come and go while a job works. */
function entries(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

const BLOCK = 512;

function occupied(file: string): number {
  try {
    return statSync(file).blocks * BLOCK;
  } catch {
    return 0;
  }
}
