import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { check } from './check.mjs';
import { main, readText, root, runNode, say } from './lib.mjs';
import { setup } from './setup.mjs';

export const results = path.join(root, 'test-results');

/**
 * Sets everything up, checks types and lint, runs all tests, and ends with a line `N passed, N failed`. Arguments go
 * to vitest: whoever asks for some of the tests gets those alone.
 */
await main(import.meta, async () => {
  try {
    await setup({ tests: true });
  } catch (error) {
    say(error.message);
    return conclude({ passed: 0, failed: 1, skipped: 0 });
  }
  const env = { ...process.env, ...(await temporalPrograms()) };
  const args = process.argv.slice(2);
  const { checks, broken } = args.length === 0 ? await check() : { checks: 0, broken: 0 };
  const tests = runTests(env, args);
  const passed = tests.passed === 0 ? 0 : tests.passed + checks - broken;
  return conclude({ passed, failed: tests.failed + broken, skipped: tests.skipped });
});

export function conclude({ passed, failed, skipped }) {
  process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

/**
 * The programs that tests run against, from the state folder's cache; the tests' own state folders find the server on
 * the PATH.
 */
export async function temporalPrograms() {
  const { loadConfig } = await import('../dist/temporal.config.js');
  const { provideTemporal, provideTestServer } = await import('../dist/src/supervisor/temporalBinary.js');
  const { home } = loadConfig();
  const temporal = await provideTemporal(home, say);
  const folder = path.join(results, 'bin');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  if (path.isAbsolute(temporal)) symlinkSync(temporal, path.join(folder, 'temporal'));
  return {
    PATH: `${folder}${path.delimiter}${process.env.PATH}`,
    REELSCALE_TEST_SERVER: await provideTestServer(home, say),
  };
}

export function runTests(env, args) {
  const file = path.join(results, 'vitest.json');
  rmSync(file, { force: true });
  const code = runNode(
    [
      path.join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${file}`,
      ...args,
    ],
    { cwd: root, env },
  );
  const text = readText(file);
  if (!text) return { passed: 0, failed: 1, skipped: 0 };
  const report = JSON.parse(text);
  // A file that cannot be loaded has no failed test of its own, and an error outside of any test shows in the exit
  // code alone.
  const broken = report.testResults.filter(
    (each) => each.status === 'failed' && !each.assertionResults.some((test) => test.status === 'failed'),
  ).length;
  const failed = report.numFailedTests + broken;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}
