import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { main, root } from './lib.mjs';

/** Begun in this order, two at a time: the longest first. */
const CHECKS = [
  'eslint/bin/eslint.js .',
  'typescript/bin/tsc --noEmit -p tsconfig.test.json',
  '@biomejs/biome/bin/biome format .',
  'typescript/bin/tsc -p web',
  'knip/bin/knip.js',
];

/**
 * Format, types, lint and what nobody uses: all that is wrong is said.
 * @returns how many checks there are, and how many found something.
 */
export async function check() {
  const waiting = [...CHECKS];
  let broken = 0;
  const lane = async () => {
    for (let line = waiting.shift(); line !== undefined; line = waiting.shift()) if (!(await passes(line))) broken++;
  };
  await Promise.all([lane(), lane()]);
  return { checks: CHECKS.length, broken };
}

/** What a check says stands together, once it has ended. */
async function passes(line) {
  const [tool, ...args] = line.split(' ');
  const child = spawn(process.execPath, [path.join(root, 'node_modules', tool), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...(process.stdout.isTTY && { FORCE_COLOR: '1' }) },
  });
  const [[code], out, error] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  process.stdout.write(out);
  process.stderr.write(error);
  return code === 0;
}

await main(import.meta, async () => ((await check()).broken > 0 ? 1 : 0));
