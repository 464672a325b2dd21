import type { Context } from '@temporalio/activity';
import { type Heartbeat } from '../job/heartbeat.js';

/** Counts an activity's work in the worker's metrics; the SDK adds the activity's name to each of them. */
export function meterWork({ metricMeter, info }: Context): {
  begin: (durable: number) => void;
  report: (change: Partial<Heartbeat>) => void;
  end: () => void;
} {
  const frames = metricMeter.createCounter('reelscale_frames_total', 'frames', 'Frames that are done');
  const parts = metricMeter.createCounter('reelscale_parts_total', 'parts', 'Parts that are committed to the disk');
  const retries = metricMeter.createCounter('reelscale_retries_total', 'attempts', 'Attempts after the first one');
  const fps = metricMeter.createGauge(
    'reelscale_fps',
    'float',
    'frames per second',
    'Frames a second of the upscale at work',
  );
  let frame = 0;
  let durable = 0;
  let measured = false;
  // What never happened is shown as 0.
  for (const counter of [frames, parts]) counter.add(0);
  retries.add(info.attempt > 1 ? 1 : 0);
  return {
    // Where an attempt begins is no work of its own.
    begin: (at) => {
      [frame, durable] = [at, at];
    },
    report: (change) => {
      // What is durable is done too, also where the last word about it was left out.
      const reached = Math.max(frame, change.frame ?? 0, change.durableFrame ?? 0);
      const committed = Math.max(durable, change.durableFrame ?? 0);
      frames.add(reached - frame);
      parts.add(committed > durable ? 1 : 0);
      [frame, durable] = [reached, committed];
      if (change.fps !== undefined) fps.set(change.fps);
      measured ||= change.fps !== undefined;
    },
    end: () => {
      if (measured) fps.set(0);
    },
  };
}
