import { readFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { entryFile, projectRoot } from '../../src/lib/project.js';

it('the trace of a bug in a bundled process names the line of the source', async () => {
  const entry = JSON.stringify(entryFile('cli/cli.js'));
  const script = `import { main } from ${entry}; process.exit(await main(undefined));`;
  const { stderr } = await execa(process.execPath, ['--input-type=module', '-e', script], { reject: false });
  expect(stderr).toMatch(/^reelscale: this is a bug: TypeError/);
  const {
    file = '',
    line = '',
    column = '',
  } = /\((?<file>[^()]*\/src\/lib\/utf8\.ts):(?<line>\d+):(?<column>\d+)\)/.exec(stderr)?.groups ?? {};
  expect(file).toBe(path.join(projectRoot, 'src/lib/utf8.ts'));
  expect(
    readFileSync(file, 'utf8')
      .split('\n')
      [Number(line) - 1]?.slice(Number(column) - 1),
  ).toMatch(/^\w/);
  expect(stderr).toContain(path.join(projectRoot, 'src/cli/cli.ts'));
});
