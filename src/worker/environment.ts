import type { Config } from '../../temporal.config.js';

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
    REELSCALE_ENCODE_SLOTS: String(config.encodeSlots),
    REELSCALE_MIN_FREE_BYTES: String(config.minFreeBytes),
    TEMPORAL_NAMESPACE: config.namespace,
    ...(config.temporalAddress && { TEMPORAL_ADDRESS: config.temporalAddress }),
  };
}
