import tty from 'node:tty';
import type { LogLevel, LogMetadata, Logger as TemporalLogger } from '@temporalio/worker';
import { type DestinationStream, type Logger, pino, stdSerializers, stdTimeFunctions } from 'pino';
import { printable } from '../lib/printable.js';
import { readable } from '../lib/readable.js';

export type { Logger };

/** stderr: of a worker or a background supervisor that is its log file. */
const OUT = 2;

/**
 * Writes a JSON object a line: `level`, `time`, what is known of the process and of the work at hand (`job`, `segment`
 * from 0 on, `attempt`), `msg`. On a terminal it is a line for people instead. What is written has been written:
 * nothing is lost when the process ends.
 * @param process what every line says, such as what it does: `supervisor`, `control`, `encode`, `upscale`.
 */
export function createLogger(process: { role?: string; device?: string }, out: DestinationStream = toOut()): Logger {
  return pino(
    {
      base: process,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      serializers: { err: stdSerializers.err },
    },
    out,
  );
}

function toOut(): DestinationStream {
  const out = pino.destination({ fd: OUT, sync: true });
  const forPeople = tty.isatty(OUT);
  // Log files are looked at in terminals too.
  return {
    write: (line) => {
      out.write(printable(forPeople ? `${readable(line.trimEnd())}\n` : line));
    },
  };
}

const LEVELS: Record<LogLevel, 'trace' | 'debug' | 'info' | 'warn' | 'error'> = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
};

/** What the Temporal SDK says, in our log and by our names. */
export function temporalLogger(logger: Logger): TemporalLogger {
  const log = (level: LogLevel, message: string, meta: LogMetadata = {}): void => {
    // How a worker's states follow each other is its own affair; that it is ready is said by us.
    const quiet = level === 'INFO' && meta['sdkComponent'] === 'worker';
    logger[quiet ? 'debug' : LEVELS[level]](fieldsOf(meta), message);
  };
  return {
    log,
    trace: (message, meta) => {
      log('TRACE', message, meta);
    },
    debug: (message, meta) => {
      log('DEBUG', message, meta);
    },
    info: (message, meta) => {
      log('INFO', message, meta);
    },
    warn: (message, meta) => {
      log('WARN', message, meta);
    },
    error: (message, meta) => {
      log('ERROR', message, meta);
    },
  };
}

/** What people ask for, and not tokens and ids of the SDK's own. */
export function fieldsOf({
  workflowId,
  activityType,
  segment,
  attempt,
  taskQueue,
  seconds,
  error,
  ...rest
}: LogMetadata): Record<string, unknown> {
  const id = typeof workflowId === 'string' ? workflowId : undefined;
  const job = id === undefined ? undefined : /^upscale-([0-9a-f]{8})/.exec(id)?.[1];
  const fields = {
    job,
    workflow: job === undefined ? id : undefined,
    activity: activityType as unknown,
    segment: segment as unknown,
    attempt: attempt as unknown,
    queue: taskQueue as unknown,
    seconds: seconds as unknown,
    err: (error ?? rest['err']) as unknown,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
