import path from 'node:path';
import { main, root, runNode } from './lib.mjs';

const CHECKS = [
  '@biomejs/biome/bin/biome format .',
  'typescript/bin/tsc --noEmit -p tsconfig.test.json',
  'typescript/bin/tsc -p web',
  'eslint/bin/eslint.js .',
  'knip/bin/knip.js',
];

/**
 * Format, types, lint and what nobody uses: all that is wrong is said.
 * @returns how many checks there are, and how many found something.
 */
export function check() {
  const codes = CHECKS.map((line) => {
    const [tool, ...args] = line.split(' ');
    return runNode([path.join(root, 'node_modules', tool), ...args], { cwd: root });
  });
  return { checks: codes.length, broken: codes.filter((code) => code !== 0).length };
}

await main(import.meta, () => (check().broken > 0 ? 1 : 0));
