import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { workflowBundleFile } from '../../src/lib/project.js';

Runtime.install({ logger: new DefaultLogger('WARN') });

/** The workflow code as the build has bundled it for the workers. */
export const workflowBundle = { codePath: workflowBundleFile };

/** Temporal's time-skipping test server, whose binary the test script provides. */
export function timeSkippingServer(): Promise<TestWorkflowEnvironment> {
  const file = process.env['REELSCALE_TEST_SERVER'];
  if (!file) throw new Error('REELSCALE_TEST_SERVER names no time-skipping server: run the tests with npm test');
  return TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path: file } } });
}
