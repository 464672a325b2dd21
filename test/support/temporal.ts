import path from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Runtime, type WorkflowBundleWithSourceMap } from '@temporalio/worker';

Runtime.install({ logger: new DefaultLogger('WARN') });

let bundle: Promise<WorkflowBundleWithSourceMap> | undefined;

/** The workflow code as workers load it, bundled once for a test file. */
export function workflowBundle(): Promise<WorkflowBundleWithSourceMap> {
  const src = path.resolve(import.meta.dirname, '../../src');
  bundle ??= bundleWorkflowCode({
    workflowsPath: path.join(src, 'workflows/index.ts'),
    workflowInterceptorModules: [path.join(src, 'workflows/checkedInput.ts')],
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
  });
  return bundle;
}

/** Temporal's time-skipping test server, whose binary the test script provides. */
export function timeSkippingServer(): Promise<TestWorkflowEnvironment> {
  const file = process.env['REELSCALE_TEST_SERVER'];
  if (!file) throw new Error('REELSCALE_TEST_SERVER names no time-skipping server: run the tests with npm test');
  return TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path: file } } });
}
