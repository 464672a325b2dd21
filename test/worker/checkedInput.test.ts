import type { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { type BatchDeps, createBatchActivities } from '../../src/activities/batch/index.js';
import { createNotifyActivities, type NotifyDeps } from '../../src/activities/control/notify.js';
import {
  createControlActivities,
  createEncodeActivities,
  createUpscaleActivities,
} from '../../src/activities/index.js';
import type { Upscaler } from '../../src/upscaler/client.js';
import { checkedInput } from '../../src/worker/checkedInput.js';

const deps = {} as BatchDeps & NotifyDeps;
const made = Object.keys({
  ...createControlActivities(deps),
  ...createEncodeActivities(deps),
  ...createUpscaleActivities(deps, {} as Upscaler),
  ...createNotifyActivities(deps),
  ...createBatchActivities(deps),
});
const key = 'a'.repeat(32);
const whole = {
  jobKey: key,
  upscaleKey: key,
  batchKey: key,
  from: 'source',
  segment: 3,
  devices: 1,
  startedAt: 1,
  reusedFrames: 0,
  state: 'failed',
  message: 'm',
  discard: false,
  round: '20261125T182432Z-d85c3bab',
  settled: true,
  scheduledAt: 1,
  index: 0,
  searchAttributes: false,
  status: 'done',
  kind: 'job',
};

const run = (activityType: string, given: unknown): Promise<unknown> =>
  checkedInput({ info: { activityType } } as Context).inbound?.execute?.({ args: [given], headers: {} }, ({ args }) =>
    Promise.resolve(args[0]),
  ) ?? Promise.reject(new Error('no interceptor'));

async function refused(activityType: string, given: unknown): Promise<string> {
  const error: unknown = await run(activityType, given).then(
    (taken) => {
      throw new Error(`${activityType} took ${JSON.stringify(taken)}`);
    },
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ApplicationFailure);
  expect(error).toMatchObject({ nonRetryable: true, type: 'BadInput' });
  expect((error as Error).message).not.toContain('\n');
  return (error as Error).message;
}

describe('every activity', () => {
  it.each(made)(
    '%s takes what it should, and no key that is a path, no number out of range, nothing else',
    async (name) => {
      const taken = (await run(name, whole)) as Record<string, unknown>;
      for (const field of Object.keys(taken)) {
        const evil =
          typeof taken[field] === 'number' && field !== 'startedAt' && field !== 'scheduledAt'
            ? -1
            : typeof taken[field] === 'string' && field !== 'message'
              ? '../../../tmp/evil'
              : {};
        expect(await refused(name, { ...whole, [field]: evil }), field).toContain(field);
      }
      for (const nothing of [undefined, null, 'text', []]) await refused(name, nothing);
    },
  );

  it('is known: what has no schema is not run', async () => {
    expect(await refused('somethingElse', whole)).toBe('there is no activity somethingElse');
  });
});
