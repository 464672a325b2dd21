import { renameSync, symlinkSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import type { Link } from '../../src/dashboard/link.js';
import { LiveState } from '../../src/dashboard/liveState.js';
import type { Config } from '../../temporal.config.js';
import { writeManyJobs } from '../support/manyJobs.js';
import { scratchFolder } from '../support/media.js';

test('while the disk with the jobs cannot be read, pages show them as they were, and the log says why', async () => {
  const home = scratchFolder();
  writeManyJobs(home, 2);
  const link: Link = {
    reach: () => Promise.reject(new Error('nobody listens')),
    keep: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const log: string[] = [];
  const roots = { jobs: home, media: home, models: home };
  const liveState = new LiveState({ roots, home } as Config, link, (line) => log.push(line));
  await liveState.start();
  liveState.watch();
  expect(liveState.revisions.list(2).total).toBe(2);
  expect(log).toEqual(['the server does not answer and is asked again: nobody listens']);

  const jobs = path.join(home, 'jobs');
  renameSync(jobs, `${jobs}.away`);
  symlinkSync(jobs, jobs);
  await vi.waitFor(() => expect(log[1]).toMatch(/^jobs are shown as they were: ELOOP/), { timeout: 20_000 });
  expect(liveState.revisions.list(2).total).toBe(2);

  unlinkSync(jobs);
  renameSync(`${jobs}.away`, jobs);
  await liveState.nextRound();
  expect(log).toHaveLength(2);
  await liveState.stop();
});
