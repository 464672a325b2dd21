import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { main, readText, root, runNode, say } from './lib.mjs';
import { setup } from './setup.mjs';

const tool = (file) => path.join(root, 'node_modules', file);

/** Sets everything up, checks types and lint, runs the tests, and ends with a line `N passed, N failed`. Arguments go to vitest. */
await main(import.meta, async () => {
  await setup();
  const env = { ...process.env, ...(await temporalBinaries()) };
  const checks = [
    [tool('typescript/bin/tsc'), '--noEmit', '-p', 'tsconfig.test.json'],
    [tool('eslint/bin/eslint.js'), '.'],
  ].map((args) => runNode(args, { cwd: root }));
  const tests = runTests(env);
  const failed = tests.failed + checks.filter((code) => code !== 0).length;
  const passed = tests.passed + checks.filter((code) => code === 0).length;
  process.stdout.write(`${passed} passed, ${failed} failed${tests.skipped > 0 ? `, ${tests.skipped} skipped` : ''}\n`);
  return failed > 0 || tests.passed === 0 ? 1 : 0;
});

/** The tests' servers, in the state folder's cache; tests themselves use state folders of their own. */
async function temporalBinaries() {
  const { loadConfig } = await import('../dist/temporal.config.js');
  const { provideTemporal, provideTestServer } = await import('../dist/src/worker/temporalBinary.js');
  const { home } = loadConfig();
  return { REELSCALE_TEST_TEMPORAL: await provideTemporal(home, say), REELSCALE_TEST_SERVER: await provideTestServer(home, say) };
}

function runTests(env) {
  const folder = path.join(root, 'test-results');
  const file = path.join(folder, 'vitest.json');
  mkdirSync(folder, { recursive: true });
  rmSync(file, { force: true });
  const code = runNode(
    [tool('vitest/vitest.mjs'), 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`, ...process.argv.slice(2)],
    { cwd: root, env },
  );
  const text = readText(file);
  if (!text) return { passed: 0, failed: 1, skipped: 0 };
  const results = JSON.parse(text);
  // A file that cannot be loaded has no failed test of its own, and an error outside of any test shows in the exit code alone.
  const broken = results.testResults.filter((each) => each.status === 'failed' && !each.assertionResults.some((test) => test.status === 'failed')).length;
  const failed = results.numFailedTests + broken;
  return { passed: results.numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed, skipped: results.numPendingTests + results.numTodoTests };
}
