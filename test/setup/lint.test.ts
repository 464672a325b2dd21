import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { scratchFolder } from '../support/media.js';

const root = path.join(import.meta.dirname, '../..');
const project = scratchFolder();

/** Small files with the rule that each breaks; those without one break none. */
const FILES: Record<string, { text: string; rule?: string }> = {
  'temporal.config.ts': { text: 'export const config = 1;\nexport type Config = typeof config;\n' },
  'src/lib/later.ts': { text: 'export const later = async (): Promise<void> => await Promise.resolve();\n' },
  'src/lib/list.ts': { text: 'export const list: string[] = [];\n' },
  'src/media/encode/encode.ts': { text: 'export const encode = 1;\n' },

  'src/lib/floating.ts': {
    text: "import { later } from './later.js';\nlater();\n",
    rule: 'typescript(no-floating-promises)',
  },
  'src/lib/misused.ts': {
    text: "import { later } from './later.js';\nsetTimeout(later, 1);\n[1].forEach(later);\n",
    rule: 'typescript(no-misused-promises)',
  },
  'src/lib/any.ts': {
    text: 'export const size = (text: string): number => JSON.parse(text);\n',
    rule: 'typescript(no-unsafe-return)',
  },
  // Only with the options that tests are checked with is this assertion needed.
  'test/lib/list.test.ts': {
    text: "import { list } from '../../src/lib/list.js';\nexport const first: string = list[0] as string;\n",
  },
  'test/lib/needless.test.ts': {
    text: "import { list } from '../../src/lib/list.js';\nexport const same = list as string[];\n",
    rule: 'typescript(no-unnecessary-type-assertion)',
  },
  'src/lib/circle.ts': {
    text: "import { other } from './otherHalf.js';\nexport const circle = (): number => other();\n",
    rule: 'import(no-cycle)',
  },
  'src/lib/otherHalf.ts': {
    text: "import { circle } from './circle.js';\nexport const other = (): number => circle();\n",
    rule: 'import(no-cycle)',
  },
  'src/lib/typeImport.ts': {
    text: "import { list } from './list.js';\nexport type Mine = typeof list;\n",
    rule: 'typescript(consistent-type-imports)',
  },
  'src/job/upward.ts': { text: "export { encode } from '../media/encode/encode.js';\n", rule: 'reelscale(rooms)' },
  'src/lib/lazyUpward.ts': {
    text: "export const upward = () => import('../media/encode/encode.js');\n",
    rule: 'reelscale(rooms)',
  },
  'src/media/source/upward.ts': {
    text: "import { encode } from '../encode/encode.js';\nexport const upward = encode;\n",
    rule: 'reelscale(rooms)',
  },
  'src/media/merge/downward.ts': {
    text:
      "import { list } from '../../lib/list.js';\nimport { encode } from '../encode/encode.js';\n" +
      'export const all = [encode, list];\n',
  },
  'src/client/configured.ts': {
    text: "import { config } from '../../temporal.config.js';\nexport const mine = config;\n",
    rule: 'eslint(no-restricted-imports)',
  },
  'src/client/typed.ts': {
    text: "import type { Config } from '../../temporal.config.js';\nexport type Mine = Config;\n",
  },
  'src/workflows/nodeModule.ts': {
    text: "import os from 'node:os';\nexport const host = os.hostname();\n",
    rule: 'eslint(no-restricted-imports)',
  },
  'src/workflows/configured.ts': {
    text: "import type { Config } from '../../temporal.config.js';\nexport type Mine = Config;\n",
    rule: 'eslint(no-restricted-imports)',
  },
  'src/workflows/environment.ts': {
    text: 'export const path = process.argv;\n',
    rule: 'eslint(no-restricted-globals)',
  },
  'web/value.ts': {
    text: "import { list } from '../src/lib/list.js';\nexport const mine = list;\n",
    rule: 'eslint(no-restricted-imports)',
  },
  'web/below/value.ts': {
    text: "import { list } from '../../src/lib/list.js';\nexport const mine = list;\n",
    rule: 'eslint(no-restricted-imports)',
  },
  'web/typed.ts': { text: "import type { Config } from '../temporal.config.js';\nexport type Mine = Config;\n" },
  'src/lib/unused.ts': { text: 'export {};\nconst unused = 1;\n', rule: 'eslint(no-unused-vars)' },
  'src/lib/disabled.ts': {
    text: '// oxlint-disable-next-line no-var -- there is none\nexport const mine = 1;\n',
    rule: 'unused directive',
  },
  'scripts/long.mjs': { text: `export const long = '${'x'.repeat(97)}';\n`, rule: 'reelscale(line-length)' },
  'scripts/longEnough.mjs': { text: `export const long = '${'😀'.repeat(96)}';\n` },
};

const reportSchema = z.object({
  diagnostics: z.array(z.object({ code: z.string().default('unused directive'), filename: z.string() })),
});

beforeAll(() => {
  for (const name of ['.oxlintrc.json', '.gitignore', 'biome.json', 'lint', 'tsconfig.json', 'web/tsconfig.json'])
    cpSync(path.join(root, name), path.join(project, name), { recursive: true });
  symlinkSync(path.join(root, 'node_modules'), path.join(project, 'node_modules'));
  for (const [name, { text }] of Object.entries(FILES)) {
    mkdirSync(path.dirname(path.join(project, name)), { recursive: true });
    writeFileSync(path.join(project, name), text);
  }
});

const runTool = (tool: string, ...args: string[]) =>
  execa(process.execPath, [path.join(root, 'node_modules', tool), ...args], { cwd: project, reject: false });

test('lint holds to its rules: each finds what breaks it, and nothing else', async () => {
  const { stdout, exitCode } = await runTool('oxlint/bin/oxlint', '--format', 'json');
  const { diagnostics } = reportSchema.parse(JSON.parse(stdout));
  expect(exitCode).toBe(1);
  const said = [...new Set(diagnostics.map(({ filename, code }) => `${filename}: ${code}`))];
  const wanted = Object.entries(FILES).flatMap(([name, { rule }]) => (rule === undefined ? [] : [`${name}: ${rule}`]));
  expect(said.sort()).toEqual(wanted.sort());
});

test('imports are sorted: those of Node, then packages, then files', async () => {
  const lines = ["import os from 'node:os';", "import { expect } from 'vitest';", "import { list } from './list.js';"];
  const check = async (imports: string[]) => {
    writeFileSync(
      path.join(project, 'src/lib/order.ts'),
      `${imports.join('\n')}\n\nexport const all = [os, expect, list];\n`,
    );
    const { exitCode, stderr } = await runTool('@biomejs/biome/bin/biome', 'check', 'src/lib/order.ts');
    return [exitCode, stderr.includes('assist/source/organizeImports')];
  };
  expect(await check(lines)).toEqual([0, false]);
  expect(await check([...lines].reverse())).toEqual([1, true]);
});
