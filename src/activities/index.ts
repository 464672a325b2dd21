import type { ControlActivities, EncodeActivities, UpscaleActivities } from '../job/contracts.js';
import type { Upscaler } from '../upscaler/client.js';
import { concatSegments } from './control/concatSegments.js';
import { conformSource } from './control/conformSource.js';
import { deleteMezzanine } from './control/deleteMezzanine.js';
import { mergeAudio } from './control/mergeAudio.js';
import { planSegments } from './control/planSegments.js';
import { probe } from './control/probe.js';
import { publish } from './control/publish.js';
import { recordEnd } from './control/recordEnd.js';
import { traceSource } from './control/traceSource.js';
import { verifyDeliverable } from './control/verifyDeliverable.js';
import { checkSegment } from './encode/checkSegment.js';
import { encodeSegment } from './encode/encodeSegment.js';
import type { ActivityDeps } from './runActivity.js';
import { upscaleSegment } from './upscale/upscaleSegment.js';

export type { ActivityDeps } from './runActivity.js';

export const createControlActivities = (deps: ActivityDeps): ControlActivities => ({
  probe: probe(deps),
  traceSource: traceSource(deps),
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
  checkSegment: checkSegment(deps),
});

export const createUpscaleActivities = (deps: ActivityDeps, upscaler: Upscaler): UpscaleActivities => ({
  upscaleSegment: upscaleSegment(deps, upscaler),
});
