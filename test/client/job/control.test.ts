import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cancelJob } from '../../../src/client/job/control.js';
import { storedStatus } from '../../../src/client/job/storedStatus.js';
import { claimOutput, ownerOf } from '../../../src/job/claims.js';
import { jobLayout } from '../../../src/job/layout.js';
import { readStored, type StoredJob } from '../../../src/job/store.js';
import { workflowIdOf } from '../../../src/job/workflowIds.js';
import { publishKept } from '../../../src/lib/durable.js';
import type { Config } from '../../../temporal.config.js';
import { scratchFolder } from '../../support/media.js';
import { filterSpec } from '../../support/spec.js';
import { timeSkippingServer } from '../../support/temporal.js';

let environment: TestWorkflowEnvironment;
beforeAll(async () => {
  environment = await timeSkippingServer();
});
afterAll(async () => {
  await environment.teardown();
});

it('cancelling a job whose workflow was terminated records its end and gives its output up', async () => {
  const folder = scratchFolder();
  const roots = { jobs: path.join(folder, 'jobs'), models: path.join(folder, 'models'), media: folder };
  const spec = filterSpec();
  const layout = jobLayout(roots, spec);
  for (const each of [layout.job, layout.upscaled]) mkdirSync(each, { recursive: true });
  await publishKept(layout.spec, spec);
  await claimOutput(roots, spec.output, spec.jobKey);
  const { client } = environment;
  // No worker takes it.
  const handle = await client.workflow.start('upscaleVideo', {
    workflowId: workflowIdOf(spec.jobKey),
    taskQueue: 'nobody',
  });
  await handle.terminate();

  await cancelJob({ roots } as Config, client, (await readStored(roots, spec.jobKey)) as StoredJob, false);
  expect(storedStatus((await readStored(roots, spec.jobKey)) as StoredJob)).toBe('cancelled');
  expect(await ownerOf(roots, spec.output)).toBeUndefined();
});
