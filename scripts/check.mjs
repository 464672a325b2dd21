import { spawn } from 'node:child_process';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { main, root } from './lib.mjs';

const CHECKS = [
  '@biomejs/biome/bin/biome check .',
  'typescript/bin/tsc',
  'typescript/bin/tsc -p web',
  'oxlint/bin/oxlint',
  'knip/bin/knip.js --cache',
];

/**
 * Layout, types, lint and what nobody uses, all at the same time: all that is wrong is said.
 * @returns how many checks there are, and how many found something.
 */
export async function check() {
  const codes = await Promise.all(CHECKS.map(runCheck));
  return { checks: codes.length, broken: codes.filter((code) => code !== 0).length };
}

/** What a check says is shown in one piece when it has ended. */
async function runCheck(line) {
  const [tool, ...args] = line.split(' ');
  const child = spawn(process.execPath, [path.join(root, 'node_modules', tool), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => child.on('close', resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  process.stdout.write(out);
  process.stderr.write(err);
  return code;
}

await main(import.meta, async () => ((await check()).broken > 0 ? 1 : 0));
