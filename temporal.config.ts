import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { z } from 'zod';
import { UserError } from './src/lib/errors.js';
import { stateFolder } from './src/lib/stateFolder.js';
import { DEVICE_NAMES, isDevice } from './src/runtime/devices.js';

/**
 * Everything that differs between machines, read from the environment once and checked:
 * the Temporal connection, the queue prefix, the roots, time-outs and worker sizes.
 * The connection itself follows Temporal's own convention (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE,
 * TEMPORAL_PROFILE, temporal.toml); the rest is REELSCALE_*.
 */
const seconds = (fallback: number) => z.coerce.number().positive().default(fallback);

/** A port of 127.0.0.1, or an IP address with a port. */
const address = z.string().transform((text, context) => {
  const [, host = '127.0.0.1', port] = /^(?:\[?([\d.]+|[\da-f:]+)\]?:)?(\d+)$/i.exec(text) ?? [];
  if (net.isIP(host) > 0 && Number(port) >= 1 && Number(port) <= 65_535) return { host, port: Number(port) };
  context.addIssue('must be a port, or an IP address and a port such as 127.0.0.1:9464');
  return z.NEVER;
});

const environment = z.object({
  REELSCALE_HOME: z.string().min(1).optional(),
  /** Jobs, models and media may each be mounted elsewhere on other hosts; payloads hold paths relative to them. */
  REELSCALE_JOBS_ROOT: z.string().min(1).optional(),
  REELSCALE_MODELS_ROOT: z.string().min(1).optional(),
  REELSCALE_MEDIA_ROOT: z.string().min(1).optional(),
  /** Names the pool of workers that sees the same roots. */
  REELSCALE_QUEUE_PREFIX: z
    .string()
    .regex(/^[\w.-]+$/, 'may hold letters, digits, dot, dash and underscore')
    .default('reelscale'),
  REELSCALE_HEARTBEAT_SECONDS: seconds(30),
  /** Longest time between two durable parts of one upscale. */
  REELSCALE_CHECKPOINT_SECONDS: seconds(60),
  /** How long a background supervisor stays after its last lease ended. */
  REELSCALE_LINGER_SECONDS: seconds(10),
  /** Between two looks at a watched folder: a file that changes meanwhile is still being written. */
  REELSCALE_SETTLE_SECONDS: seconds(15),
  /** Where jobs go that name no device and no tag. */
  REELSCALE_DEVICE: z
    .string()
    .refine((text) => text === 'auto' || isDevice(text), `must be auto, ${DEVICE_NAMES}`)
    .default('auto'),
  REELSCALE_ENCODE_SLOTS: z.coerce.number().int().min(1).max(64).optional(),
  /** Bytes that must stay free on the jobs' disk before each part. */
  REELSCALE_MIN_FREE_BYTES: z.coerce
    .number()
    .int()
    .min(0)
    .default(2 * 1024 ** 3),
  /**
   * Bytes that a job's upscaled frames may take on the jobs' disk while they wait for their encode; half of what is
   * free at most, and always one segment more than there are devices.
   */
  REELSCALE_BACKLOG_BYTES: z.coerce.number().int().min(0).default(25e9),
  /**
   * Seals what --on-done and --notify leave for the workers of this pool: control workers of other hosts need the same
   * file.
   */
  REELSCALE_NOTICE_KEY_FILE: z.string().min(1).optional(),
  REELSCALE_METRICS_ADDRESS: address.optional(),
  REELSCALE_DASHBOARD_HOST: z.string().min(1).default('127.0.0.1'),
  /** 0: any free one. */
  REELSCALE_DASHBOARD_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  REELSCALE_DASHBOARD_TOKEN_FILE: z.string().min(1).optional(),
  /** Names, joined by commas, by which browsers may reach the dashboard besides its own. */
  REELSCALE_DASHBOARD_NAMES: z
    .string()
    .regex(/^[\w.-]+(,[\w.-]+)*$/, 'must be host names joined by commas')
    .optional(),
  /**
   * Folders, joined by colons, that the dashboard may read from and write to. Left out: the media root, where one is
   * set, else the user's home and the folders of known jobs.
   */
  REELSCALE_DASHBOARD_FOLDERS: z.string().min(1).optional(),
  /** Temporal's Web UI, where the server is not the embedded one. */
  REELSCALE_TEMPORAL_UI: z.url({ protocol: /^https?$/, error: 'must be an http address' }).optional(),
});

export type Config = ReturnType<typeof loadConfig>;

/** Memory that one x264 `fast` at 2880x2304 takes, measured: encode slots are limited by it. */
const BYTES_PER_ENCODE = 1.1e9;

function encodeSlots(): number {
  const byMemory = Math.floor((os.totalmem() * 0.5) / BYTES_PER_ENCODE);
  return Math.max(1, Math.min(os.availableParallelism(), byMemory));
}

/** @throws UserError when a variable has a value that cannot be used; the message names it. */
export function loadConfig(env: NodeJS.ProcessEnv = process.env) {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new UserError(`${issue?.path.join('.') ?? 'environment'}: ${issue?.message ?? 'cannot be used'}`);
  }
  const e = parsed.data;
  const home = stateFolder(env);
  const media = path.resolve(e.REELSCALE_MEDIA_ROOT ?? '/');
  const connection = loadClientConnectConfig({ overrideEnvVars: env as Record<string, string> });
  return {
    home,
    roots: {
      jobs: path.resolve(e.REELSCALE_JOBS_ROOT ?? path.join(home, 'jobs')),
      models: path.resolve(e.REELSCALE_MODELS_ROOT ?? path.join(home, 'models')),
      media,
    },
    /** Undefined: the embedded dev server is used. */
    temporalAddress: connection.connectionOptions.address,
    temporalConnection: connection.connectionOptions,
    namespace: connection.namespace ?? 'default',
    queuePrefix: e.REELSCALE_QUEUE_PREFIX,
    heartbeatSeconds: e.REELSCALE_HEARTBEAT_SECONDS,
    checkpointSeconds: e.REELSCALE_CHECKPOINT_SECONDS,
    lingerSeconds: e.REELSCALE_LINGER_SECONDS,
    settleSeconds: e.REELSCALE_SETTLE_SECONDS,
    device: e.REELSCALE_DEVICE,
    encodeSlots: e.REELSCALE_ENCODE_SLOTS ?? encodeSlots(),
    minFreeBytes: e.REELSCALE_MIN_FREE_BYTES,
    backlogBytes: e.REELSCALE_BACKLOG_BYTES,
    noticeKeyFile: path.resolve(e.REELSCALE_NOTICE_KEY_FILE ?? path.join(home, 'notice.key')),
    /** Where the first worker serves its metrics; undefined: nowhere. */
    metrics: e.REELSCALE_METRICS_ADDRESS,
    dashboard: {
      host: e.REELSCALE_DASHBOARD_HOST,
      port: e.REELSCALE_DASHBOARD_PORT,
      tokenFile: e.REELSCALE_DASHBOARD_TOKEN_FILE,
      names: e.REELSCALE_DASHBOARD_NAMES?.split(',') ?? [],
      /** Undefined: the user's home and the folders of known jobs. */
      folders:
        e.REELSCALE_DASHBOARD_FOLDERS?.split(path.delimiter)
          .filter((folder) => folder !== '')
          .map((folder) => path.resolve(folder)) ?? (media === '/' ? undefined : [media]),
      temporalUi: e.REELSCALE_TEMPORAL_UI,
    },
  };
}
