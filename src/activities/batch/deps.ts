import type { Client } from '@temporalio/client';
import type { BatchEntry, Made } from '../../job/batch/records.js';
import type { BatchSpec } from '../../job/batch/spec.js';
import type { JobReport, UpscaleVideoInput } from '../../job/contracts.js';
import type { StoredJob } from '../../job/store.js';
import type { ActivityDeps } from '../context.js';

export interface VideoRequest {
  batch: BatchSpec;
  entry: BatchEntry;
  /** What is remembered of an earlier round. */
  made: Made | undefined;
  searchAttributes: boolean;
  client: Client;
}

export type ResolvedVideo =
  /** Its result is there already, with its job where that was kept. */
  | { kind: 'done'; job: string; stored?: StoredJob & { report: JobReport } }
  /** Its job is recorded and may be started. */
  | { kind: 'ready'; input: UpscaleVideoInput };

/** Turns a video of a batch into a job as the command line does. @throws UserError where it cannot become one. */
export type ResolveVideo = (request: VideoRequest) => Promise<ResolvedVideo>;

export interface BatchDeps extends ActivityDeps {
  resolveVideo: ResolveVideo;
}
