import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { recordJob } from '../../../src/client/job/submit.js';
import { endJob } from '../../../src/job/endJob.js';
import { jobLayout } from '../../../src/job/layout.js';
import { replaceKept } from '../../../src/lib/durable.js';
import type { Config } from '../../../temporal.config.js';
import { scratchFolder } from '../../support/media.js';
import { filterSpec } from '../../support/spec.js';

test('a new try forgets a result that did not pass its checks, also where its record was damaged since', async () => {
  const folder = scratchFolder();
  const roots = { jobs: path.join(folder, 'jobs'), models: path.join(folder, 'models'), media: folder };
  const spec = filterSpec();
  mkdirSync(roots.jobs);
  const layout = jobLayout(roots, spec);
  await recordJob({ roots } as Config, spec);
  await replaceKept(layout.merged, {});
  await replaceKept(layout.verified, { ok: false, problems: ['a frame is missing'], file: { sha256: '' } });
  await endJob(roots, spec, { state: 'failed', message: 'it did not pass its checks' }, false);
  writeFileSync(layout.verified, '{"ok":fal');

  await recordJob({ roots } as Config, spec);
  expect(existsSync(layout.verified)).toBe(false);
  expect(existsSync(layout.merged)).toBe(false);
});
