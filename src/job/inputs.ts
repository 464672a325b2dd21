import { z } from 'zod';
import { prioritySchema } from './priority.js';

/**
 * What workflows and activities take. Whoever reaches the Temporal server may send them anything, so each payload is
 * parsed before it is used. Free of Node, for workflow code.
 */

/** Names a job, its pictures or a batch, and their folders: 32 lower-case hexadecimal digits. */
export const keySchema = z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hexadecimal digits');

/**
 * A key as workflows take it, which only hand it on: activities insist on the digits. Histories of the first release
 * have short ones.
 */
const nameSchema = z.string().regex(/^[\w-]{1,64}$/, 'must be a key');
/** Names a round's folder. */
export const roundSchema = z.string().regex(/^\d{8}T\d{6}Z-[0-9a-f]{8}$/, 'must be the name of a round');
const queueSchema = z.string().regex(/^[\w.:-]{1,500}$/, 'must be the name of a queue');
const text = z.string().max(100_000);
const count = z.number().int().min(0);

const heartbeatSeconds = z.number().positive().max(86_400);
const devices = z.number().int().min(1).max(100_000);

const fromSchema = z.enum(['source', 'conformed']);

export const jobRefSchema = z.object({ jobKey: keySchema, upscaleKey: keySchema });
export const plannedRefSchema = jobRefSchema.extend({ from: fromSchema });
export const segmentRefSchema = plannedRefSchema.extend({
  segment: count.max(99_999),
  /** The encode follows the upscale: frames in a part at most. */
  follow: z.number().int().min(1).exactOptional(),
});
export const checkInputSchema = segmentRefSchema.omit({ follow: true }).extend({
  /** Start of the workflow, milliseconds since 1970. */
  startedAt: z.number(),
});
export const planInputSchema = plannedRefSchema.extend({ devices });
export const publishInputSchema = plannedRefSchema.extend({
  /** Start of the workflow, milliseconds since 1970. */
  startedAt: z.number(),
  reusedFrames: count,
});
export const endInputSchema = jobRefSchema.extend({
  state: z.enum(['failed', 'cancelled']),
  message: z.string(),
  discard: z.boolean(),
});

const tellSubject = <T extends z.ZodType<string>>(key: T) =>
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('job'), jobKey: key }),
    /** `error`: why the round could not go on. */
    z.object({ kind: z.literal('batch'), batchKey: key, round: roundSchema, error: z.string().exactOptional() }),
  ]);
/** What has ended, for those who are to be told. */
export const tellSubjectSchema = tellSubject(keySchema);
export const tellInputSchema = z.object({ subject: tellSubject(nameSchema), controlQueue: queueSchema });

/** Names what somebody asked for. */
const requestId = z.string().max(64);
/** What the runs before have answered. Those of the first release answered nothing. */
export const requestsSchema = z.array(requestId).max(1000).exactOptional();

/** What the next run of a long job has to know; the rest is on the disk. */
export const carriedJobSchema = z.object({
  /** Start of the first run, milliseconds since 1970. */
  startedAt: z.number(),
  stage: z.enum(['upscale', 'encode']),
  paused: z.object({ reason: text }).exactOptional(),
  from: fromSchema,
  scan: z.object({ frames: count, seekable: z.boolean(), reason: text.exactOptional() }),
  conformed: z.boolean(),
  /** Frames in each segment, in order, and whether it is encoded, and checked. */
  segments: z
    .array(z.object({ frames: count, encoded: z.boolean(), checked: z.boolean().exactOptional() }))
    .max(100_000),
  /** Segments that may be in the making by a device, or wait for their encode. */
  backlog: count.exactOptional(),
  /** Encodes follow the upscale: frames in a part at most. */
  follow: z.number().int().min(1).exactOptional(),
  /** About what a frame's encode takes. */
  encodeSeconds: z.number().positive().exactOptional(),
  reusedFrames: count,
  /** Passes that were repeated because parts were found damaged at the concat. */
  repeated: count,
  notices: z.array(text).max(1000),
  requests: requestsSchema,
});

export const upscaleVideoInputSchema = z.object({
  jobKey: nameSchema,
  upscaleKey: nameSchema,
  /** For people: names shown in the Temporal Web UI. */
  inputName: text,
  methodName: text,
  /** A filter works inside the encode; a model has an upscale stage with a mezzanine. */
  method: z.enum(['filter', 'model']),
  /** One upscale queue for each tag that the job names; the next segment goes to whichever frees. */
  queues: z.object({ control: queueSchema, encode: queueSchema, upscale: z.array(queueSchema).max(1000) }),
  /** Devices that may upscale at the same time, over all queues. */
  devices,
  /** Encodes that may run at the same time. */
  encodeSlots: z.number().int().min(1).max(100_000),
  heartbeatSeconds,
  keepMezzanine: z.boolean(),
  /** False where the server could not register them. */
  searchAttributes: z.boolean(),
  /** 1 to 5, smaller first, see job/priority.ts. Jobs of the first version have none. */
  priority: prioritySchema.exactOptional(),
  /** Somebody is to be told of the end, as notice.json in the job's folder says. */
  tell: z.boolean().exactOptional(),
  /**
   * A person wants a result that did not pass its checks: it is published as it is, and nothing else is done. `from`:
   * where its frames came from.
   */
  accepted: z.object({ from: fromSchema }).exactOptional(),
  /** Set when a run continues another one. */
  carried: carriedJobSchema.exactOptional(),
});

/** What a running job or batch may be told. */
export const pauseSchema = z.object({ id: requestId.exactOptional(), reason: text });
/** `unless`: a reason of a pause that stays. `tell`: somebody is to be told of the end. */
export const resumeSchema = z.object({
  id: requestId.exactOptional(),
  tell: z.boolean().exactOptional(),
  unless: text.exactOptional(),
});
export const cancelSchema = z.object({ id: requestId.exactOptional(), discard: z.boolean() });

/** The first thing that is wrong with a payload, in one line. */
export function firstIssue({ issues: [issue] }: z.ZodError): string {
  const where = issue?.path.join('.');
  return `${where ? `${where} ` : ''}${issue?.message ?? 'cannot be used'}`;
}

export { count, heartbeatSeconds, nameSchema, queueSchema, text };
