import { ApplicationFailure } from '@temporalio/activity';

/** Failures in a row without durable progress after which a stage fails. */
const MAX_FAILED = 5;
/**
 * Deaths in a row without durable progress: a worker that was killed, a machine that was switched off or slept. Mostly
 * that is not the job's fault, and a long merge on a machine that is restarted every night must arrive; but work that
 * takes its worker along each time, by memory above all, must end too.
 */
const MAX_DEAD = 20;
/**
 * Seconds before the next attempt, by failures so far: five take more than four minutes, so that a disk or a share may
 * come back.
 */
const DELAYS = [2, 15, 60, 180] as const;

const STAGES: Record<string, string> = {
  probe: 'probe',
  conformSource: 'conform',
  planSegments: 'plan',
  traceSource: 'reading the source straight',
  upscaleSegment: 'upscale',
  encodeSegment: 'encode',
  checkSegment: 'check',
  concatSegments: 'concat',
  mergeAudio: 'merge',
  verifyDeliverable: 'verify',
  publish: 'publish',
  deleteMezzanine: 'removing upscaled frames',
  recordEnd: 'recording the end',
};

/** What the heartbeat carries from attempt to attempt. */
export interface Standing {
  /** Attempts in a row that failed without durable progress. */
  stalled: number;
  /** Attempts in a row, this one included, that ended without a word since the last durable progress. */
  begun: number;
}

/** @throws when the attempts before this one died, one after the other. */
export function beginAttempt(previous: Standing, stage: string): Standing {
  if (previous.begun >= MAX_DEAD)
    throw noProgress(
      `${stageOf(stage)}: its worker died ${MAX_DEAD} times in a row before anything more was done: ` +
        "the workers' logs and the system's (out of memory?) say why",
    );
  return { ...previous, begun: previous.begun + 1 };
}

/**
 * Of an attempt that failed in a way that another one may not: the failure that the server retries after a while, or
 * the last one.
 */
export function limitAttempts(
  failure: ApplicationFailure,
  stalled: number,
  stage: string,
  where?: string,
): ApplicationFailure {
  if (stalled >= MAX_FAILED) {
    return noProgress(
      `${[stageOf(stage), where].filter(Boolean).join(', ')}: ` +
        `failed ${MAX_FAILED} times over some minutes without any progress, the last time with: ` +
        `${lastLine(failure.message)}. What is done is kept; the same command tries again`,
    );
  }
  // Its cause names the whole command line again.
  return ApplicationFailure.create({
    ...(failure.type && { type: failure.type }),
    message: shortened(failure.message),
    nextRetryDelay: `${DELAYS[Math.max(0, stalled - 1)] ?? 180} seconds`,
  });
}

/**
 * Of a failure that is retried the server keeps 4 KB, and of a larger one only "Failure exceeds size limit."
 * (limit.mutableStateActivityFailureSize.error). The message is in it twice, with the stack behind it.
 */
const MOST_BYTES = 1000;

function shortened(message: string): string {
  const bytes = Buffer.from(message);
  if (bytes.length <= MOST_BYTES) return message;
  const text = (from: number, to?: number): string => bytes.subarray(from, to).toString().replaceAll('\ufffd', '');
  return `${text(0, MOST_BYTES * 0.3)} … ${text(-MOST_BYTES * 0.7)}`;
}

const stageOf = (activity: string): string => STAGES[activity] ?? activity;
const noProgress = (message: string): ApplicationFailure => ApplicationFailure.nonRetryable(message, 'NoProgress');

/** ffmpeg says what went wrong at the end: `ffmpeg failed with exit code 1: first line … last line`. */
function lastLine(message: string): string {
  const lines = message.trim().split('\n');
  return lines.length === 1 ? message : `${lines[0]?.split(': ')[0] ?? ''}: ${lines.at(-1) ?? ''}`;
}
