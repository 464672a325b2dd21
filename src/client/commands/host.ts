import { loadConfig } from '../../../temporal.config.js';
import { UserError } from '../../job/errors.js';
import { doctor as examine } from '../../worker/doctor.js';
import { runSupervisor } from '../../worker/supervisor.js';
import { runWorkerGroup } from '../../worker/workerGroup.js';
import { EXIT } from '../exit.js';
import { parseWorkerFlags } from '../workerFlags.js';

const print = (line: string): void => { process.stdout.write(`${line}\n`); };
const log = (line: string): void => { process.stderr.write(`${line}\n`); };

/** Aborted by the first Ctrl-C; the second leaves at once. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(EXIT.interrupted);
      stop.abort();
    });
  }
  return stop.signal;
}

/** The supervisor in the foreground: it stays until Ctrl-C, whether or not somebody needs it. */
export async function up(): Promise<number> {
  const other = await runSupervisor(loadConfig(), {
    background: false,
    signal: stopSignal(),
    log,
    onReady: ({ temporalAddress, uiUrl, devices }) => {
      print(`Temporal at ${temporalAddress}${uiUrl ? `, its Web UI at ${uiUrl}` : ''}; devices: ${devices.map(({ device }) => device).join(', ')}. Ctrl-C ends.`);
    },
  });
  if (other !== undefined) throw new UserError(`a supervisor is at work already, process ${other}: it ends by itself when nobody needs it, or stop it with kill ${other}`);
  return EXIT.done;
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
