import net from 'node:net';
import type { Config } from '../../../temporal.config.js';

/** The environment of a child process in which `loadConfig` gives the same configuration again. */
export function configEnvironment(config: Config): NodeJS.ProcessEnv {
  return {
    ...process.env,
    REELSCALE_HOME: config.home,
    REELSCALE_JOBS_ROOT: config.roots.jobs,
    REELSCALE_MODELS_ROOT: config.roots.models,
    REELSCALE_MEDIA_ROOT: config.roots.media,
    REELSCALE_QUEUE_PREFIX: config.queuePrefix,
    REELSCALE_HEARTBEAT_SECONDS: String(config.heartbeatSeconds),
    REELSCALE_CHECKPOINT_SECONDS: String(config.checkpointSeconds),
    REELSCALE_LINGER_SECONDS: String(config.lingerSeconds),
    REELSCALE_SETTLE_SECONDS: String(config.settleSeconds),
    REELSCALE_DEVICE: config.device,
    REELSCALE_ENCODE_SLOTS: String(config.encodeSlots),
    REELSCALE_MIN_FREE_BYTES: String(config.minFreeBytes),
    REELSCALE_BACKLOG_BYTES: String(config.backlogBytes),
    REELSCALE_NOTICE_KEY_FILE: config.noticeKeyFile,
    ...(config.metrics && { REELSCALE_METRICS_ADDRESS: metricsAddress(config.metrics) }),
    TEMPORAL_NAMESPACE: config.namespace,
    ...(config.temporalAddress && { TEMPORAL_ADDRESS: config.temporalAddress }),
  };
}

export const metricsAddress = ({ host, port }: NonNullable<Config['metrics']>): string =>
  net.isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;

/**
 * The environment of the n-th worker that one process starts: each serves its metrics at an address of its own, from
 * the configured one upwards.
 */
export const metricsEnvironment = ({ metrics }: Pick<Config, 'metrics'>, n: number): NodeJS.ProcessEnv =>
  metrics ? { REELSCALE_METRICS_ADDRESS: metricsAddress({ ...metrics, port: metrics.port + n }) } : {};
