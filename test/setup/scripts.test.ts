import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { scratchFolder } from '../support/media.js';

const root = path.join(import.meta.dirname, '../..');
const scratch = scratchFolder();

/** A copy of the project without its sources' bulk: the scripts are real, what they build and test is small. */
const project = path.join(scratch, 'project');
beforeAll(() => {
  mkdirSync(project);
  for (const name of ['scripts', 'bin', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'])
    cpSync(path.join(root, name), path.join(project, name), { recursive: true });
  symlinkSync(path.join(root, 'node_modules'), path.join(project, 'node_modules'));
  for (const folder of ['src/workflows', 'src/cli', 'bench', 'web'])
    mkdirSync(path.join(project, folder), { recursive: true });
  const write = (name: string, text: string): void => {
    writeFileSync(path.join(project, name), text);
  };
  write('temporal.config.ts', 'export const config = 1;\n');
  write('src/workflows/index.ts', 'export async function nothing(): Promise<void> {}\n');
  write('src/workflows/checkedInput.ts', 'export const interceptors = () => ({});\n');
  write(
    'src/cli/cli.ts',
    "export function main(argv: string[]): Promise<number> { console.log(`${argv.join(' ')} in ${process.cwd()}`); " +
      'return Promise.resolve(argv.length); }\n',
  );
  write('web/main.tsx', 'export const page = <p>page</p>;\n');
  write('web/theme.ts', "export const theme = 'dark';\n");
  for (const name of ['main.css', 'index.html', 'icon.svg']) write(`web/${name}`, '');
});

const node = (script: string, ...args: string[]) =>
  execa('sh', ['-c', 'umask 077; exec "$0" "$@"', process.execPath, path.join(project, script), ...args], {
    reject: false,
    cwd: scratch,
    stdin: 'ignore',
  });

describe('the build', () => {
  test('compiles and bundles once, and does nothing while no source changes', async () => {
    const first = await node('scripts/build.mjs');
    expect([first.exitCode, first.stderr]).toEqual([0, 'building']);
    expect(existsSync(path.join(project, 'dist/src/cli/cli.js'))).toBe(true);
    expect(readFileSync(path.join(project, 'dist/workflow-bundle.js'), 'utf8')).toContain('nothing');
    expect(readFileSync(path.join(project, 'dist/web/main.js'), 'utf8')).toContain('page');
    // What root has built, others run.
    const built = [
      'dist',
      ...readdirSync(path.join(project, 'dist'), { recursive: true, encoding: 'utf8' }).map((name) =>
        path.join('dist', name),
      ),
    ].map((name) => statSync(path.join(project, name)));
    expect(
      built.filter(
        (info) => (info.mode & (info.isDirectory() ? 0o055 : 0o044)) !== (info.isDirectory() ? 0o055 : 0o044),
      ),
    ).toEqual([]);
    const second = await node('scripts/build.mjs');
    expect([second.exitCode, second.stdout, second.stderr]).toEqual([0, '', '']);
  });

  test('an error in a source fails it, and leaves the last build as it was', async () => {
    const before = readFileSync(path.join(project, 'dist/build.json'), 'utf8');
    writeFileSync(path.join(project, 'src/wrong.ts'), "export const number: number = 'text';\n");
    const failed = await node('scripts/build.mjs');
    expect(failed.exitCode).toBe(2);
    expect(failed.stderr).toContain('src/wrong.ts(1,14)');
    expect(readFileSync(path.join(project, 'dist/build.json'), 'utf8')).toBe(before);
    writeFileSync(path.join(project, 'src/wrong.ts'), 'export const number: number = 1;\n');
    expect((await node('scripts/build.mjs')).exitCode).toBe(0);
    expect(existsSync(path.join(project, 'dist/src/wrong.js'))).toBe(true);
  });

  test('the command works from any folder through a link, and its exit code is the result', async () => {
    const link = path.join(scratch, 'reelscale');
    symlinkSync(path.join(project, 'bin/reelscale'), link);
    const elsewhere = path.join(scratch, 'else where');
    mkdirSync(elsewhere);
    const { exitCode, stdout } = await execa(link, ['one', '-two', 'th ree'], { cwd: elsewhere, reject: false });
    expect([exitCode, stdout]).toEqual([3, `one -two th ree in ${elsewhere}`]);
  });
});

test.each([['scripts/testFfmpeg.mjs'], ['scripts/testFfmpeg.mjs', '../trixie'], ['scripts/ffmpegOf.mjs', 'trixie']])(
  '%s wants the name of a suite and says how it is called',
  async (script, ...args) => {
    const { exitCode, stdout, stderr } = await node(script, ...args);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^usage: .*trixie.*$/);
  },
);
