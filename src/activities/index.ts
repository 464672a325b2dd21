import type { ControlActivities, EncodeActivities, UpscaleActivities } from '../job/contracts.js';
import type { Upscaler } from '../upscaler/client.js';
import { concatSegments } from './concatSegments.js';
import { conformSource } from './conformSource.js';
import type { ActivityDeps } from './context.js';
import { deleteMezzanine } from './deleteMezzanine.js';
import { encodeSegment } from './encodeSegment.js';
import { mergeAudio } from './mergeAudio.js';
import { planSegments } from './planSegments.js';
import { probe } from './probe.js';
import { publish } from './publish.js';
import { recordEnd } from './recordEnd.js';
import { upscaleSegment } from './upscaleSegment.js';
import { verifyDeliverable } from './verifyDeliverable.js';

export type { ActivityDeps } from './context.js';

export const createControlActivities = (deps: ActivityDeps): ControlActivities => ({
  probe: probe(deps),
  planSegments: planSegments(deps),
  concatSegments: concatSegments(deps),
  mergeAudio: mergeAudio(deps),
  verifyDeliverable: verifyDeliverable(deps),
  publish: publish(deps),
  deleteMezzanine: deleteMezzanine(deps),
  recordEnd: recordEnd(deps),
});

export const createEncodeActivities = (deps: ActivityDeps): EncodeActivities => ({
  conformSource: conformSource(deps),
  encodeSegment: encodeSegment(deps),
});

export const createUpscaleActivities = (deps: ActivityDeps, upscaler: Upscaler): UpscaleActivities => ({
  upscaleSegment: upscaleSegment(deps, upscaler),
});
