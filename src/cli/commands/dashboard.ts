import { z } from 'zod';
import { type Config, loadConfig } from '../../../temporal.config.js';
import { parseOptions } from '../../client/job/flags.js';
import { whole } from '../../client/job/numbers.js';
import { directLink, leasedLink } from '../../dashboard/link.js';
import { invitation, type listeningSchema, placeOf } from '../../dashboard/place.js';
import { serveDashboard } from '../../dashboard/serve.js';
import { EXIT } from '../exit.js';
import { log } from '../say.js';
import { stopSignal } from '../stopSignal.js';

const flagsSchema = z.object({
  host: z.string().min(1, 'must be an address or a name').optional(),
  port: whole(0, 65_535).optional(),
  tokenFile: z.string().min(1, 'must name a file').optional(),
});

/** Serves the dashboard until Ctrl-C. Returns the exit code. */
export async function dashboard(options: unknown): Promise<number> {
  const flags = parseOptions(flagsSchema, options);
  const config = loadConfig();
  const { host, port, tokenFile } = { ...config.dashboard, ...given(flags) };
  const place = await placeOf(config.home, { host, port, tokenFile });
  const stop = stopSignal();
  const over = kept(stop);
  // Where the server is elsewhere, so are its workers, unless `up` has some and keeps this process; an own one needs
  // its supervisor.
  const isKept = process.connected;
  const link = config.temporalAddress === undefined || isKept ? leasedLink(config, log) : directLink(config);
  // Another version of the program at work is said here; a server elsewhere may still be starting.
  if (config.temporalAddress === undefined) await link.reach();
  const serving = await serveDashboard(config, place, link, log);
  process.stdout.write(
    `the dashboard is at ${serving.url}${isKept ? '' : '; Ctrl-C ends it, jobs go on'}\n` +
      `${invitation(serving, place)}\n`,
  );
  process.send?.({ port: serving.port } satisfies z.infer<typeof listeningSchema>);
  await over;
  await serving.close();
  return EXIT.done;
}

const given = <T extends object>(flags: T): Partial<Config['dashboard']> =>
  Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));

/** Resolves when it is to end: by a signal, or where `up` keeps it by its word, or when `up` is gone. */
function kept(stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      resolve();
    };
    stop.addEventListener('abort', end, { once: true });
    process.on('message', end).on('disconnect', end);
  });
}
