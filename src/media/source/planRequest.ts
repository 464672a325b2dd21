import type { PlanRequest } from '../../job/plan.js';
import type { SourceInfo } from '../../job/source.js';
import type { JobSpec } from '../../job/spec.js';
import { deliverableShape } from '../picture/shape.js';

/**
 * Source pixels a second through a network on one device, where no job has measured it, for the size of segments only:
 * a slow guess makes more of them, no more.
 */
const PIXELS_PER_SECOND = { cpu: 1e5, gpu: 1e6 };

/**
 * What a job's plan is made of. @param video of the pictures that are enlarged. @param devices that may upscale at the
 * same time. @param speed source pixels a second that earlier jobs of this kind reached with all of them.
 */
export function planRequest(
  spec: JobSpec,
  video: SourceInfo['video'],
  {
    pts,
    from,
    devices,
    speed = devices * PIXELS_PER_SECOND[spec.tags.includes('cpu') ? 'cpu' : 'gpu'],
  }: Pick<PlanRequest, 'pts' | 'from' | 'devices'> & { speed?: number | undefined },
): PlanRequest {
  const isModel = spec.method.kind === 'model';
  const output = deliverableShape(video, spec.method.scale, spec.picture);
  return {
    pts,
    from,
    outputPixels: output.width * output.height,
    bitDepth: spec.picture.bitDepth,
    devices: isModel ? devices : 1,
    ...(isModel && { estimatedFps: fpsOf(speed, devices, video) }),
    ...(spec.segmentFrames !== undefined && { segmentFrames: spec.segmentFrames }),
  };
}

/** Frames a second of one device. @param speed source pixels a second of all. */
export const fpsOf = (speed: number, devices: number, { width, height }: SourceInfo['video']): number =>
  speed / devices / (width * height);
