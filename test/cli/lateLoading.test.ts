import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const cli = path.resolve(import.meta.dirname, '../../src/cli');
const HEAVY =
  /^(@temporalio\/(client|common|workflow|activity|worker|testing)|onnxruntime-node|mediabunny|hono|@hono)(\/|$)/;

/** What a module loads at once, by itself and by those that it imports; dynamic imports and types are not. */
function loadedBy(file: string, seen = new Map<string, string[]>()): string[] {
  if (seen.has(file)) return [];
  const names = [
    ...readFileSync(file, 'utf8').matchAll(/^(?:import|export) (?!type )[^;']*?(?:from )?'([^']+)';$/gm),
  ].map(([, name = '']) => name);
  seen.set(file, names);
  return names.flatMap((name) =>
    name.startsWith('.') ? loadedBy(path.resolve(path.dirname(file), name.replace(/\.js$/, '.ts')), seen) : [name],
  );
}

it.each([
  'cli',
  ...['status', 'upscale', 'plan', 'clean', 'models', 'preview', 'compare', 'verify', 'reencode', 'up', 'doctor'].map(
    (name) => `commands/${name}`,
  ),
])(
  '%s loads nothing of Temporal, no runtime of networks and no web server before it knows that it needs one',
  (name) => {
    const loaded = loadedBy(path.join(cli, `${name}.ts`));
    expect(loaded).toContain(name === 'cli' ? 'commander' : 'zod');
    expect(loaded.filter((module) => HEAVY.test(module))).toEqual([]);
  },
);
