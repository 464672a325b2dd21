import type { Config } from '../../../temporal.config.js';
import { cancelBatch, pauseBatch, resumeBatch, runningBatch } from '../../client/batch/batchRound.js';
import type { BatchHandle } from '../../client/batch/startBatch.js';
import { openSession, type Session } from '../../client/connection/connect.js';
import { type BatchSpec, shortBatch } from '../../job/batch/spec.js';
import { UserError } from '../../lib/errors.js';
import { EXIT } from '../exit.js';
import { log, print } from '../say.js';
import { sayRound, waitForBatch } from '../waitBatch.js';

/** The commands over jobs that need a server, for a batch. Each returns the exit code. */
export const waitBatch = (config: Config, spec: BatchSpec, json: boolean): Promise<number> =>
  withSession(config, async (session) => {
    const handle = await runningBatch(session.client, spec);
    return handle ? waitForBatch(config, session, spec, handle, json) : sayRound(config, spec, json);
  });

export const pauseBatchCommand = (config: Config, spec: BatchSpec): Promise<number> =>
  withRound(config, spec, async (session, handle) => {
    await pauseBatch(session.client, handle, 'by the user');
    print(`batch ${shortBatch(spec)} is paused`);
  });

/** Goes on in the background, also when the server that knew the round is gone. */
export const resumeBatchCommand = (config: Config, spec: BatchSpec): Promise<number> =>
  withSession(config, async (session) => {
    const handle = await resumeBatch(config, session, spec);
    await session.lease.detach(handle.workflowId);
    print(`batch ${shortBatch(spec)} goes on in the background: reelscale wait ${shortBatch(spec)}`);
    return EXIT.done;
  });

export const cancelBatchCommand = (config: Config, spec: BatchSpec, discard: boolean): Promise<number> =>
  withRound(config, spec, async (_, handle) => {
    await cancelBatch(handle, discard);
    print(
      `batch ${shortBatch(spec)} is cancelled, and the jobs that it had at work; ` +
        `${discard ? 'their parts are removed' : 'their parts are kept'}`,
    );
  });

const withRound = (
  config: Config,
  spec: BatchSpec,
  act: (session: Session, handle: BatchHandle) => Promise<void>,
): Promise<number> =>
  withSession(config, async (session) => {
    const handle = await runningBatch(session.client, spec);
    if (!handle) throw new UserError(`batch ${shortBatch(spec)} is not running`);
    await act(session, handle);
    return EXIT.done;
  });

async function withSession(config: Config, act: (session: Session) => Promise<number>): Promise<number> {
  const session = await openSession(config, log);
  try {
    return await act(session);
  } finally {
    await session.close();
  }
}
