import { z } from 'zod';
import type { Config } from '../../temporal.config.js';
import { homeLayout } from './home.js';
import { keepRunning, type KeptChild } from './keptChild.js';
import { entryFile } from './project.js';
import type { Device } from './protocol.js';
import { configEnvironment } from './environment.js';

/** What a worker tells its supervisor. */
export const fromWorkerSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  /** Why it cannot work, in one line for the user. */
  z.object({ type: z.literal('problem'), message: z.string() }),
]);
export type FromWorker = z.infer<typeof fromWorkerSchema>;

export interface WorkerEvents {
  log: (line: string) => void;
  /** A line that the waiting user should see. */
  notice: (line: string) => void;
}

/** Starts the three kinds of workers: control, encode, and one upscale worker for each device. */
export function startWorkers(config: Config, address: string, devices: Device[], events: WorkerEvents): KeptChild[] {
  const env = { ...configEnvironment(config), TEMPORAL_ADDRESS: address };
  const start = (name: string, args: string[]): KeptChild =>
    keepRunning(
      {
        name: `the ${name} worker`,
        tool: process.execPath,
        args: [entryFile('worker/main.js'), ...args],
        env,
        logFile: homeLayout(config.home).log(`worker-${name.replace(':', '')}`),
        onMessage: (message) => {
          const parsed = fromWorkerSchema.safeParse(message);
          if (parsed.data?.type === 'problem') events.notice(parsed.data.message);
        },
      },
      events.log,
    );
  return [
    start('control', ['--role', 'control']),
    start('encode', ['--role', 'encode']),
    ...devices.map((device) => start(`upscale-${device.device}`, ['--role', 'upscale', '--device', device.device])),
  ];
}
