import type { z } from 'zod';
import type {
  carriedJobSchema,
  checkInputSchema,
  endInputSchema,
  jobRefSchema,
  planInputSchema,
  plannedRefSchema,
  publishInputSchema,
  segmentRefSchema,
  tellInputSchema,
  tellSubjectSchema,
  upscaleVideoInputSchema,
} from './inputs.js';
import type { Plan } from './plan.js';

/**
 * What client, workflow and activities say to each other. Payloads hold keys, numbers and short texts only; everything
 * that grows with the video lies in the job's folder. What they take is said by its schemas, in job/inputs.ts.
 */
export type JobRef = z.infer<typeof jobRefSchema>;
export type UpscaleVideoInput = z.infer<typeof upscaleVideoInputSchema>;
export type CarriedJob = z.infer<typeof carriedJobSchema>;
export type NotifySubject = z.infer<typeof tellSubjectSchema>;
export type NotifyInput = z.infer<typeof tellInputSchema>;

export interface NotifyActivities {
  /** Posts a signed JSON to the address of notice.json, if it names one. */
  sendWebhook(subject: NotifySubject): Promise<void>;
  /** Runs the command of notice.json, if it names one, with the same JSON on its stdin. */
  runHook(subject: NotifySubject): Promise<void>;
}

export interface ScanResult {
  /** Frames that the source promises. */
  frames: number;
  seekable: boolean;
  /** Why segments cannot seek in the source. */
  reason?: string;
}

export interface ConformResult {
  decoded: number;
  promised: number;
  damaged: boolean;
}

export type From = Plan['from'];

interface PlanResult {
  frames: number;
  /** Frames in each segment, in order. At most 500. */
  segments: number[];
  /** Segments that may be in the making by a device, or wait for their encode; older plans do not say. */
  backlog?: number;
  /** Encodes follow the upscale of their segments from the first one on: frames in a part at most. */
  follow?: number;
  /** About what a frame's encode takes. Where a device turns out to be fast beside it, encodes follow. */
  encodeSeconds?: number;
}

export type PlannedRef = z.infer<typeof plannedRefSchema>;
export type SegmentRef = z.infer<typeof segmentRefSchema>;

interface SegmentResult {
  /** Frames found done on the disk, made by an earlier run. */
  reused: number;
}

interface UpscaleResult extends SegmentResult {
  /** Frames a second of the device, by the last frames that it made. */
  fps?: number;
}

interface EncodeResult extends SegmentResult {
  /** It followed an upscale that does not get on: the rest is encoded once that has ended. */
  unfinished?: boolean;
}

interface VerifyResult {
  ok: boolean;
  /** Plain sentences, the first ones only. */
  problems: string[];
}

export type PublishInput = z.infer<typeof publishInputSchema>;

export interface ControlActivities {
  /** Reads the source's packets: its timeline, and whether segments may seek in it. */
  probe(ref: JobRef): Promise<ScanResult>;
  /** Decodes the source once straight from its beginning: what segments see by seeking is held against it. */
  traceSource(ref: JobRef): Promise<void>;
  /** Writes plan.json once, or reads the one that is there. */
  planSegments(input: z.infer<typeof planInputSchema>): Promise<PlanResult>;
  concatSegments(ref: PlannedRef): Promise<void>;
  mergeAudio(ref: PlannedRef): Promise<{ warnings: string[] }>;
  verifyDeliverable(ref: PlannedRef): Promise<VerifyResult>;
  publish(input: PublishInput): Promise<JobReport>;
  /** Removes a segment's upscaled frames, after its encode is durable. */
  deleteMezzanine(ref: SegmentRef): Promise<void>;
  /** Writes how the job ended to its folder, and removes partial output; the parts stay unless they are discarded. */
  recordEnd(input: z.infer<typeof endInputSchema>): Promise<void>;
}

export interface EncodeActivities {
  /** One straight decode to an all-intra lossless copy, where seeking in the source cannot be trusted. */
  conformSource(ref: JobRef): Promise<ConformResult>;
  encodeSegment(ref: SegmentRef): Promise<EncodeResult>;
  /**
   * Compares a segment's encoded frames with the source's. Not ok where something is wrong with them whatever the rest
   * of the video is like, unless an earlier try of the job ended so: whoever starts it again wants to see the whole.
   */
  checkSegment(input: z.infer<typeof checkInputSchema>): Promise<VerifyResult>;
}

export interface UpscaleActivities {
  upscaleSegment(ref: SegmentRef): Promise<UpscaleResult>;
}

export interface JobReport {
  job: string;
  status: 'done';
  output: string;
  frames: number;
  /** Frames that went through the network in this job, also those of attempts that were killed. */
  inferredFrames: number;
  /** Frames that are the one before, byte by byte, and took its result; also those of attempts that were killed. */
  duplicateFrames: number;
  /** Frames that this run found done on the disk. */
  reusedFrames: number;
  seconds: number;
  fps: number;
  bytes: number;
  sha256: string;
  /** Seconds in which something worked on it: `seconds` without pauses, waits for a device, and interruptions. */
  workedSeconds?: number;
  /** What it was expected to take before it began, where that could be said. */
  estimate?: { seconds: number; bytes: number };
  damaged?: { expected: number; decoded: number };
  /**
   * It did not pass its checks, and was delivered because a person wanted it: when that was said (ISO 8601), and what
   * is wrong with it.
   */
  accepted?: { at: string; problems: string[] };
  warnings: string[];
}

export type Stage =
  | 'probe'
  | 'conform'
  | 'plan'
  | 'upscale'
  | 'encode'
  | 'concat'
  | 'merge'
  | 'verify'
  | 'publish'
  | 'done'
  | 'failed'
  | 'cancelled';

/** The answer of the workflow's progress query. */
export interface Progress {
  /** Older workflows do not say. */
  method?: 'filter' | 'model';
  stage: Stage;
  /** Set while the job waits. */
  paused?: { reason: string };
  /** Frames of the whole video; 0 until they are known. */
  frames: number;
  /** Frames in segments that are encoded. */
  encodedFrames: number;
  /** Frames a second that all encodes of a host should make together. Older workflows do not say, filters never. */
  usualEncodeFps?: number;
  /** Frames in segments that are checked; only where each is checked as soon as it is encoded. */
  checkedFrames?: number;
  /** Frames of upscaled segments, encoded ones included. */
  upscaledFrames: number;
  segments: {
    frames: number;
    state: 'waiting' | 'upscaling' | 'upscaled' | 'encoding' | 'encoded';
    /** What is encoded was compared with the source. */
    checked?: boolean;
  }[];
  notices: string[];
}
