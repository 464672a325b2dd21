import type { BatchActivities } from '../../job/batch/contracts.js';
import { closeRound } from './closeRound.js';
import { lookAtFolder, openRound } from './openRound.js';
import { type BatchDeps, lookAtJob, prepareVideo, recordVideo } from './videos.js';

export type { BatchDeps };

export const createBatchActivities = (deps: BatchDeps): BatchActivities => ({
  lookAtFolder: lookAtFolder(deps),
  openRound: openRound(deps),
  prepareVideo: prepareVideo(deps),
  lookAtJob: lookAtJob(deps),
  recordVideo: recordVideo(deps),
  closeRound: closeRound(deps),
});
