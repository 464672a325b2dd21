import path from 'node:path';
import { loadConfig } from '../../../temporal.config.js';
import { batchInputs } from '../../client/batch/batchInputs.js';
import { specifyBatch } from '../../client/batch/batchSpec.js';
import { recordBatch, startBatch } from '../../client/batch/startBatch.js';
import { openSession } from '../../client/connection/connect.js';
import { shortBatch } from '../../job/batch/spec.js';
import { recordNotice } from '../../job/notice.js';
import { leftOutLines } from '../batchLines.js';
import { EXIT } from '../exit.js';
import { resolveNotice } from '../noticeFlags.js';
import { log } from '../say.js';
import { waitForBatch } from '../waitBatch.js';

/** Many videos with one command. Returns the exit code. */
export async function batch(named: string[], options: Record<string, unknown>): Promise<number> {
  const config = loadConfig();
  // Looked at first: a wrong name leaves no empty folder for results.
  const { inputs, leftOut } = await batchInputs(config, named, path.resolve(String(options['outDir'])));
  const spec = await specifyBatch(
    {
      name: named.length > 3 ? `${named.length} names` : named.join(' '),
      sources: named.map((name) => path.resolve(name)),
      options,
    },
    config,
  );
  const notice = await resolveNotice(options);
  // What is refused is refused in one line.
  leftOutLines(leftOut).forEach(log);
  const json = options['json'] === true;
  const session = await openSession(config, log);
  try {
    await recordBatch(config, spec, inputs);
    if (notice)
      await recordNotice(config.roots, config.noticeKeyFile, { kind: 'batch', batchKey: spec.batchKey }, notice);
    const handle = await startBatch(config, session, spec, notice !== undefined);
    if (options['detach'] !== true) return await waitForBatch(config, session, spec, handle, json, leftOut);
    await session.lease.detach(handle.workflowId);
    const name = shortBatch(spec);
    process.stdout.write(
      json
        ? `${JSON.stringify({ batch: name, status: 'running', leftOut })}\n`
        : `batch ${name} runs in the background: reelscale wait ${name}\n`,
    );
    return EXIT.done;
  } finally {
    await session.close();
  }
}
