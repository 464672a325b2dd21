import { defaultPayloadConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { describe, expect, it } from 'vitest';
import { merge } from '../../../src/client/job/live.js';
import type { Progress } from '../../../src/job/contracts.js';
import { type Heartbeat } from '../../../src/job/heartbeat.js';

type Pending = temporal.api.workflow.v1.IPendingActivityInfo;
const SCHEDULED = 1;
const STARTED = 2;

const progress = (change: Partial<Progress> = {}): Progress => ({
  stage: 'upscale',
  frames: 300,
  upscaledFrames: 100,
  encodedFrames: 0,
  segments: [
    { frames: 100, state: 'upscaled' },
    { frames: 100, state: 'upscaling' },
    { frames: 100, state: 'waiting' },
  ],
  notices: [],
  ...change,
});

const pending = (name: string, heartbeat?: Partial<Heartbeat>, change: Partial<Pending> = {}): Pending => ({
  activityType: { name },
  state: STARTED,
  attempt: 1,
  ...(heartbeat && { heartbeatDetails: { payloads: [defaultPayloadConverter.toPayload(heartbeat)] } }),
  ...change,
});

describe('what a person sees of a job', () => {
  it('adds the frames in flight to those of finished segments', () => {
    const live = merge(progress(), [
      pending('upscaleSegment', { durableFrame: 20, frame: 35, fps: 1.5 }),
      pending('upscaleSegment', { durableFrame: 10, frame: 10, fps: 0.5 }),
      pending('encodeSegment', { durableFrame: 0, frame: 77, fps: 9 }),
    ]);
    expect(live.doneFrames).toBe(145);
    expect(live.done).toEqual({ upscale: 145, encode: 77, check: 0 });
    expect(live.atWork).toEqual({ upscale: 2, encode: 1, check: 0 });
    expect(live.fps).toBe(2);
    expect(live.waiting).toBeUndefined();
  });

  it('counts encoded frames where a filter makes the pictures', () => {
    const segments: Progress['segments'] = [
      { frames: 100, state: 'encoded' },
      { frames: 200, state: 'encoding' },
    ];
    const live = merge(progress({ stage: 'encode', encodedFrames: 100, upscaledFrames: 100, segments }), [
      pending('encodeSegment', { durableFrame: 0, frame: 50 }),
    ]);
    expect(live.doneFrames).toBe(150);
  });

  it('has a share of all stages, which is not whole before the check is through', () => {
    const segments: Progress['segments'] = [{ frames: 300, state: 'encoded' }];
    const encoded = { method: 'model', encodedFrames: 300, upscaledFrames: 300, segments } as const;
    const share = (stage: Progress['stage'], frame = 0) =>
      merge(progress({ ...encoded, stage }), [pending('verifyDeliverable', { durableFrame: 0, frame })]).share;
    expect(share('concat')).toBeLessThan(0.95);
    expect(share('verify', 150)).toBeGreaterThan(share('concat'));
    expect(share('verify', 150)).toBeLessThan(1);
    expect(share('publish')).toBe(1);
    expect(merge(progress({ method: 'model', upscaledFrames: 0, segments: [] }), []).share).toBe(0);
  });

  it('counts what is checked along the way, and is not whole before the result is joined, merged and checked', () => {
    const segments: Progress['segments'] = [{ frames: 300, state: 'encoded' }];
    const encoded = { method: 'model', encodedFrames: 300, upscaledFrames: 300, segments } as const;
    const live = (checkedFrames: number, frame: number, stage: Progress['stage'] = 'upscale') =>
      merge(progress({ ...encoded, stage, checkedFrames }), [pending('checkSegment', { durableFrame: 0, frame })]);
    expect(live(100, 50).done.check).toBe(150);
    expect(live(100, 50).atWork.check).toBe(1);
    expect(live(100, 50).share).toBeGreaterThan(live(100, 0).share);
    expect(live(300, 0).share).toBeLessThan(1);
    expect(live(300, 0, 'verify').share).toBeLessThan(1);
    expect(live(300, 0, 'publish').share).toBe(1);
  });

  it('never exceeds the video, whatever a late heartbeat says', () => {
    expect(
      merge(progress({ upscaledFrames: 300 }), [pending('upscaleSegment', { durableFrame: 100, frame: 100 })])
        .doneFrames,
    ).toBe(300);
  });

  it('bears a worker that has said nothing yet, or something else', () => {
    const odd = { heartbeatDetails: { payloads: [defaultPayloadConverter.toPayload('hello')] } };
    expect(merge(progress(), [pending('upscaleSegment'), pending('upscaleSegment', undefined, odd)])).toMatchObject({
      doneFrames: 100,
      fps: 0,
    });
  });

  it('has the notices of the workers behind those of the workflow', () => {
    expect(
      merge(progress({ notices: ['first'] }), [pending('upscaleSegment', { notice: 'a smaller tile is used' })])
        .notices,
    ).toEqual(['first', 'a smaller tile is used']);
  });

  it('says that no worker has taken a task', () => {
    expect(merge(progress(), [pending('upscaleSegment', undefined, { state: SCHEDULED })]).waiting).toContain(
      'waiting for a worker',
    );
    expect(
      merge(progress({ stage: 'probe', segments: [] }), [pending('probe', undefined, { state: SCHEDULED })]).waiting,
    ).toBe('waiting for a worker');
    expect(merge(progress(), []).waiting).toBeUndefined();
  });

  it('says why an activity fails again and again, and when it is tried next, also while other work goes on', () => {
    const due = { seconds: Math.floor(Date.now() / 1000) + 100 } as unknown as NonNullable<Pending['scheduledTime']>;
    const waits = pending('mergeAudio', undefined, {
      state: SCHEDULED,
      attempt: 3,
      scheduledTime: due,
      lastFailure: { message: 'ffmpeg failed: many\nwords\nRead-only file system' },
    });
    const text = /^attempt 3 at \d\d:\d\d:\d\d after: Read-only file system$/;
    expect(merge(progress(), [waits]).waiting).toMatch(text);
    expect(merge(progress(), [pending('upscaleSegment', { durableFrame: 0, frame: 3 }), waits]).waiting).toMatch(text);
    const atWork = (stalled: number) =>
      merge(progress(), [
        pending('mergeAudio', { stalled }, { attempt: 3, lastFailure: { message: 'no such subtitle' } }),
      ]).waiting;
    expect(atWork(2)).toBe('attempt 3 is at work after: no such subtitle');
    expect(atWork(0)).toBeUndefined();
  });

  it('says why a task is tried again', () => {
    const again = pending('upscaleSegment', undefined, {
      state: SCHEDULED,
      attempt: 3,
      lastFailure: { message: 'the upscaler ended' },
    });
    expect(merge(progress(), [again]).waiting).toBe('attempt 3 after: the upscaler ended');
  });
});
