import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { withLimit } from '../../src/lib/limit.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

test('a limit fires also after memory was collected', async () => {
  const outer = new AbortController();
  // Forever, but for the limit.
  const work = withLimit(300, outer.signal, (signal) => sleep(60_000, undefined, { signal }));
  setTimeout(collect, 50);
  await expect(work).rejects.toMatchObject({ cause: { name: 'TimeoutError' } });
  expect(outer.signal.aborted).toBe(false);
});

test("work learns of its caller's end, with the reason, before and while it runs", async () => {
  const outer = new AbortController();
  const reason = (signal: AbortSignal): Promise<unknown> =>
    new Promise((resolve) => {
      if (signal.aborted) resolve(signal.reason);
      signal.addEventListener('abort', () => {
        resolve(signal.reason);
      });
    });
  const work = withLimit(60_000, outer.signal, reason);
  outer.abort('enough');
  expect(await work).toBe('enough');
  expect(await withLimit(60_000, outer.signal, reason)).toBe('enough');
  expect(await withLimit(60_000, undefined, (signal) => Promise.resolve(signal.aborted))).toBe(false);
});
