import { describe, expect, it } from 'vitest';
import type { LiveProgress } from '../../../src/client/job/live.js';
import { TimeLeft } from '../../../src/client/job/timeLeft.js';
import { type PerStage, shareDone } from '../../../src/job/jobShare.js';

const FRAMES = 3000;
const SEGMENT = 250;

/** A job with a network, at work in the stages that are named. */
function live(done: Partial<PerStage>, atWork: (keyof PerStage)[], change: Partial<LiveProgress> = {}): LiveProgress {
  const all = { upscale: 0, encode: 0, check: 0, ...done };
  const works = (stage: keyof PerStage): number => (atWork.includes(stage) ? 1 : 0);
  return {
    stage: 'upscale',
    kind: 'model',
    frames: FRAMES,
    upscaledFrames: all.upscale,
    encodedFrames: all.encode,
    segments: Array.from({ length: FRAMES / SEGMENT }, () => ({ frames: SEGMENT, state: 'waiting' as const })),
    notices: [],
    done: all,
    atWork: { upscale: works('upscale'), encode: works('encode'), check: works('check') },
    share: shareDone('model', { frames: FRAMES, stage: 'upscale' }, all),
    doneFrames: all.upscale,
    fps: 0,
    ...change,
  };
}

const whole = (frames: number): number => Math.floor(frames / SEGMENT) * SEGMENT;

/**
 * A job second by second: frames a second of each stage, each of them behind the one before; `alone` is the encode's
 * once the upscale has ended, `usual` what it should make. @param along segments are checked one by one.
 * @returns its seconds.
 */
function play(
  speed: PerStage & { alone?: number; usual?: number },
  along: boolean,
  each: (second: number, job: LiveProgress) => void,
): number {
  const done = { upscale: 0, encode: 0, check: 0 };
  const checkable = (): number => (along ? whole(done.encode) : done.encode === FRAMES ? FRAMES : 0);
  for (let second = 0; second < 100_000; second++) {
    const mayEncode = Math.floor(done.upscale / SEGMENT) * SEGMENT > done.encode || done.upscale === FRAMES;
    const working: (keyof PerStage)[] = [
      ...(done.upscale < FRAMES ? (['upscale'] as const) : []),
      ...(mayEncode && done.encode < FRAMES ? (['encode'] as const) : []),
      ...(done.check < checkable() || done.check === FRAMES ? (['check'] as const) : []),
    ];
    each(
      second,
      live(done, working, {
        ...(along && { checkedFrames: whole(done.check) }),
        ...(speed.usual !== undefined && { usualEncodeFps: speed.usual }),
      }),
    );
    if (done.check === FRAMES) return second;
    const encodable = whole(done.upscale);
    const encode = done.upscale < FRAMES ? speed.encode : (speed.alone ?? speed.encode);
    if (working.includes('check')) done.check = Math.min(checkable(), done.check + speed.check);
    if (working.includes('encode')) done.encode = Math.min(encodable, done.encode + encode);
    done.upscale = Math.min(FRAMES, done.upscale + speed.upscale);
  }
  throw new Error('the job never ends');
}

describe.each([
  ['at its end', false],
  ['segment by segment', true],
])('the time that a job still takes whose frames are checked %s', (_, along) => {
  it.each([
    ['a device is slower than its encodes', { upscale: 1, encode: 10, check: 60 }],
    ['the encodes are slower than their device', { upscale: 50, encode: 5, check: 40 }],
    ['both are as fast', { upscale: 10, encode: 10, check: 60 }],
    ['encodes become faster once the upscale has ended', { upscale: 15, encode: 6, alone: 12, usual: 25, check: 60 }],
    ['the check takes longer than usual', { upscale: 5, encode: 20, check: 40 }],
  ])('is told within a fifth after the first tenth, with percent that only grow, where %s', (_, speed) => {
    const time = new TimeLeft();
    const told: { second: number; left: number | undefined; share: number }[] = [];
    const end = play(speed, along, (second, job) => {
      time.add(1000 * second, job);
      told.push({ second, left: time.seconds(job), share: job.share });
    });
    told.forEach(({ share }, i) => {
      expect(share).toBeGreaterThanOrEqual(told[i - 1]?.share ?? 0);
    });
    const later = told.filter(({ second }) => second > end / 10 && second < end);
    expect(later.length).toBeGreaterThan(100);
    for (const { second, left } of later) {
      expect(left, `in second ${second} of ${end}`).toBeGreaterThan(0);
      expect(Math.abs(second + (left ?? 0) - end) / end, `in second ${second} of ${end}`).toBeLessThan(0.2);
    }
    expect(told.at(-1)).toMatchObject({ left: 0, share: 1 });
  });
});

describe('the time that a job still takes', () => {
  it('is not known before anything was seen, nor for a job whose frames are not counted', () => {
    const time = new TimeLeft();
    expect(time.seconds(live({}, []))).toBeUndefined();
    expect(time.seconds(live({}, [], { frames: 0, fps: 5 }))).toBeUndefined();
    // Whoever comes when the frames are upscaled has seen no stage at work.
    expect(time.seconds(live({ upscale: FRAMES, encode: 100 }, ['encode']))).toBeUndefined();
  });

  it('is told before the first encode and the first check, as if they took what is usual', () => {
    const time = new TimeLeft();
    const left = time.seconds(live({}, ['upscale'], { fps: 5 }));
    expect(left).toBeGreaterThan(FRAMES / 5);
    expect(left).toBeLessThan((1.2 * FRAMES) / 5);
    time.add(0, live({}, ['upscale']));
    time.add(1000, live({ upscale: 5 }, ['upscale']));
    expect(time.seconds(live({ upscale: FRAMES }, ['encode']))).toBeGreaterThan(FRAMES / 5 / 40);
  });

  it('is told before the first encode by what the encodes should make, where that is known', () => {
    const time = new TimeLeft();
    const told = (usualEncodeFps: number): number | undefined =>
      time.seconds(live({}, ['upscale'], { fps: 100, usualEncodeFps }));
    // The upscale takes 30 s, in which as much is encoded as the encodes make beside it.
    expect(told(1000)).toBeLessThan(40);
    expect(told(20)).toBeGreaterThan(100);
  });

  it('is not longer where news of frames come seldom, and with the end of a segment', () => {
    const time = new TimeLeft();
    const [fps, every] = [20, 5];
    const end = FRAMES / fps;
    for (let second = 0; second < end; second++) {
      const told = Math.floor(second / every) * every;
      // A segment ends with each second piece of news, and the next one begins a second later.
      time.add(1000 * second, live({ upscale: FRAMES, encode: fps * told }, second % 10 === 0 ? [] : ['encode']));
      if (second <= end / 10) continue;
      const left = time.seconds(live({ upscale: FRAMES, encode: fps * told }, ['encode'])) ?? 0;
      // Of 150 s, behind which a usual check takes 25 more.
      expect(Math.abs(left - (end - told) - end / 6), `in second ${second}`).toBeLessThan(0.2 * end);
    }
  });

  it('takes no speed from frames that were found on the disk, nor from pauses', () => {
    const time = new TimeLeft();
    time.add(0, live({ upscale: 0 }, []));
    time.add(1000, live({ upscale: 2000 }, []));
    time.add(2000, live({ upscale: 2000 }, ['upscale']));
    time.add(4000, live({ upscale: 2020 }, ['upscale']));
    time.add(500_000, live({ upscale: 2020 }, []));
    time.add(900_000, live({ upscale: 2020 }, ['upscale']));
    time.add(902_000, live({ upscale: 2040 }, ['upscale']));
    expect(time.fps(live({ upscale: 2040 }, ['upscale']))).toBe(10);
  });
});
