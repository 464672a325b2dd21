import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Connection } from '@temporalio/client';
import { expect, test, vi } from 'vitest';
import { DetachedJobs } from '../../src/supervisor/detachedJobs.js';
import { scratchFolder } from '../support/media.js';

/** A server on which every workflow has ended. */
const connection = {
  plugins: [],
  workflowService: {
    describeWorkflowExecution: () =>
      Promise.reject(Object.assign(new Error('gone'), { code: 5, details: 'gone', metadata: { get: () => [] } })),
  },
} as unknown as Connection;

function detached(file: string) {
  const log: string[] = [];
  const changed = vi.fn();
  const stop = new AbortController();
  const jobs = new DetachedJobs({
    file,
    connection,
    namespace: 'default',
    signal: stop.signal,
    changed,
    log: (line) => log.push(line),
  });
  return { jobs, log, changed };
}

test('a job that nobody waits for is let go when it has ended, also where their list cannot be written', async () => {
  const file = path.join(scratchFolder(), 'no such folder', 'detached.json');
  const { jobs, log, changed } = detached(file);
  await expect(jobs.add('upscale-1')).rejects.toThrow('ENOENT');
  await vi.waitFor(() => {
    expect(jobs.count).toBe(0);
    expect(changed).toHaveBeenCalledTimes(2);
  });
  expect(log).toEqual([expect.stringContaining(`${file} cannot be written: ENOENT`)]);
});

test('a damaged list of them is told of', async () => {
  const file = path.join(scratchFolder(), 'detached.json');
  writeFileSync(file, '["upscale-1"');
  const { jobs, log } = detached(file);
  await jobs.restore();
  expect(jobs.count).toBe(0);
  expect(log).toEqual([expect.stringContaining(`${file} is damaged`)]);
});
