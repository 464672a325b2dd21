import { loadConfig, type Config } from '../../../temporal.config.js';
import { UserError } from '../../job/errors.js';
import { doctor as examine } from '../../worker/doctor.js';
import { createLogger } from '../../worker/logger.js';
import { runSupervisor } from '../../worker/supervisor.js';
import { runWorkerGroup } from '../../worker/workerGroup.js';
import { leasedLink } from '../dashboard/link.js';
import { placeOf, serveDashboard, type Place } from '../dashboard/serve.js';
import { EXIT } from '../exit.js';
import { stopSignal } from '../stopSignal.js';
import { parseWorkerFlags } from '../workerFlags.js';

const print = (line: string): void => { process.stdout.write(`${line}\n`); };
const logger = createLogger({});
const log = (line: string): void => { logger.info(line); };

/** The supervisor in the foreground, with the dashboard: it stays until Ctrl-C, whether or not somebody needs it. */
export async function up(): Promise<number> {
  const config = loadConfig();
  const place = await placeOf(config.dashboard);
  const signal = stopSignal();
  const opened: Promise<void>[] = [];
  const other = await runSupervisor(config, {
    background: false,
    signal,
    log,
    onReady: ({ temporalAddress, uiUrl, devices }) => {
      print(`Temporal at ${temporalAddress}${uiUrl ? `, its Web UI at ${uiUrl}` : ''}; devices: ${devices.map(({ device }) => device).join(', ')}. Ctrl-C ends.`);
      opened.push(openDashboard(config, place, signal));
    },
  });
  await Promise.all(opened);
  if (other !== undefined) throw new UserError(`a supervisor is at work already, process ${other}: it ends by itself when nobody needs it, or stop it with kill ${other}`);
  return EXIT.done;
}

/** Serves the dashboard until the signal. Where that is not possible, jobs go on without it. */
async function openDashboard(config: Config, place: Place, signal: AbortSignal): Promise<void> {
  try {
    const dashboard = await serveDashboard(config, place, leasedLink(config, log), log);
    print(`the dashboard is at ${dashboard.url}`);
    if (!signal.aborted) await new Promise((resolve) => { signal.addEventListener('abort', resolve, { once: true }); });
    await dashboard.close();
  } catch (error) {
    log(`there is no dashboard: ${(error as Error).message}`);
  }
}

/** Workers for a server elsewhere, one process for each device, until Ctrl-C. */
export async function worker(options: unknown): Promise<number> {
  const { roles, healthFile } = parseWorkerFlags(options);
  const config = loadConfig();
  if (config.temporalAddress === undefined) throw new UserError('a worker by itself needs a Temporal server: set TEMPORAL_ADDRESS, or use reelscale up');
  await runWorkerGroup(roles, config, { signal: stopSignal(), log, ...(healthFile !== undefined && { healthFile }) });
  return EXIT.done;
}

export async function doctor({ json }: { json?: boolean }): Promise<number> {
  const lines = await examine(loadConfig());
  if (json) print(JSON.stringify(lines));
  else for (const { ok, unused, line, advice } of lines) print(`${unused ? '-   ' : ok ? 'ok  ' : 'FAIL'}  ${line}${advice ? `\n      ${advice}` : ''}`);
  return lines.every(({ ok }) => ok) ? EXIT.done : EXIT.failed;
}
