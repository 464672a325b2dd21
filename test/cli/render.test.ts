import { describe, expect, it } from 'vitest';
import { ProgressView, progressLine } from '../../src/cli/render.js';
import type { LiveProgress } from '../../src/client/job/live.js';
import { Speedometer } from '../../src/client/job/speedometer.js';
import { TimeLeft } from '../../src/client/job/timeLeft.js';
import { formatDuration } from '../../src/lib/duration.js';

const progress = (change: Partial<LiveProgress> = {}): LiveProgress => ({
  stage: 'upscale',
  frames: 200,
  upscaledFrames: 50,
  encodedFrames: 0,
  segments: [],
  notices: [],
  kind: 'model',
  done: { upscale: 50, encode: 0, check: 0 },
  atWork: { upscale: 1, encode: 0, check: 0 },
  share: 0.175,
  doneFrames: 50,
  fps: 0,
  ...change,
});

/** Nothing is known yet of the speed of its stages. */
const unknown = () => new TimeLeft();

it.each([
  [0, '0:00'],
  [9.4, '0:09'],
  [59.6, '1:00'],
  [95, '1:35'],
  [3599.5, '1:00:00'],
  [7265, '2:01:05'],
  [360_000, '100:00:00'],
  [-3, '0:00'],
])('%d seconds are %s', (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

describe('a line of progress', () => {
  it('has stage, share of the whole job, frames, speed and the time that is left', () => {
    expect(progressLine(progress({ fps: 2.5 }), unknown(), false)).toBe(
      'upscale  17 %  50/200 frames  2.50 fps  1:00 left',
    );
  });

  it('has a bar on a terminal', () => {
    expect(progressLine(progress(), unknown(), true)).toBe('upscale  [####....................]  17 %  50/200 frames');
    expect(progressLine(progress({ share: 1 }), unknown(), true)).toContain('[########################]  100 %');
  });

  it('takes the measured speed where no worker names one', () => {
    const time = unknown();
    time.add(0, progress({ done: { upscale: 20, encode: 0, check: 0 } }));
    time.add(1000, progress());
    expect(progressLine(progress(), time, false)).toContain('30 fps  0:05 left');
  });

  it('is the stage alone until frames are counted', () => {
    expect(progressLine(progress({ frames: 0, stage: 'probe' }), unknown(), true)).toBe('probe');
  });

  it('goes on behind the stage that makes the pictures', () => {
    const done = { upscale: 200, encode: 200, check: 0 };
    expect(progressLine(progress({ stage: 'merge', done, share: 0.9 }), unknown(), false)).toContain('merge  90 %');
    const time = unknown();
    const checking = (check: number) =>
      progress({
        stage: 'verify',
        done: { ...done, check },
        share: 0.95,
        atWork: { upscale: 0, encode: 0, check: 1 },
      });
    time.add(0, checking(0));
    time.add(2000, checking(100));
    expect(progressLine(checking(100), time, false)).toBe('verify  95 %  0:02 left');
  });

  it('says what the job waits for', () => {
    expect(progressLine(progress({ waiting: 'waiting for a worker' }), unknown(), false)).toContain(
      '50/200 frames  waiting for a worker',
    );
    expect(
      progressLine(progress({ stage: 'probe', frames: 0, waiting: 'attempt 2 after: oh' }), unknown(), false),
    ).toBe('probe: attempt 2 after: oh');
  });

  it('of a paused job is the reason', () => {
    expect(progressLine(progress({ paused: { reason: 'by the user' } }), unknown(), true)).toBe('paused: by the user');
  });
});

describe('the speedometer', () => {
  it('shows nothing before two samples', () => {
    const speed = new Speedometer();
    expect(speed.fps).toBe(0);
    speed.add(0, 100);
    expect(speed.fps).toBe(0);
  });

  it('counts only frames that came since it looks', () => {
    const speed = new Speedometer();
    speed.add(1000, 500);
    speed.add(3000, 520);
    expect(speed.fps).toBe(10);
  });

  it('forgets what is older than half a minute', () => {
    const speed = new Speedometer();
    for (let second = 0; second <= 60; second++)
      speed.add(second * 1000, second < 30 ? second : 30 + (second - 30) * 10);
    expect(speed.fps).toBeCloseTo(10, 5);
  });
});

describe('progress that goes to', () => {
  const view = (tty: boolean) => {
    const written: string[] = [];
    const out = {
      isTTY: tty,
      columns: 40,
      write: (text: string) => {
        written.push(text);
        return true;
      },
    } as unknown as NodeJS.WriteStream;
    return { view: new ProgressView(out), written };
  };

  it('a file is a line every five seconds, at once when the stage changes, and never the same twice', () => {
    const { view: file, written } = view(false);
    file.update(progress({ share: 0.004, doneFrames: 1 }), 0);
    file.update(progress({ share: 0.01, doneFrames: 2 }), 1000);
    file.update(progress({ share: 0.03, doneFrames: 6 }), 5000);
    file.update(progress({ stage: 'merge', share: 0.9 }), 5100);
    file.update(progress({ stage: 'merge', share: 0.9 }), 20_000);
    expect(written.map((line) => line.trim().split('  ').slice(0, 3).join(' '))).toEqual([
      'upscale 0 % 1/200 frames',
      'upscale 3 % 6/200 frames',
      'merge 90 %',
    ]);
  });

  it('a terminal stays on one line that fits', () => {
    const { view: terminal, written } = view(true);
    terminal.update(progress({ fps: 3 }), 0);
    terminal.end();
    expect(written[0]?.startsWith('\r\x1b[K')).toBe(true);
    expect(written[0]?.replace('\r\x1b[K', '').length).toBeLessThan(40);
    expect(written.join('')).not.toContain('\n');
    expect(written.at(-1)).toBe('\r\x1b[K');
  });

  it('either tells each notice once', () => {
    const { view: file, written } = view(false);
    for (const now of [0, 6000, 12_000]) file.update(progress({ notices: ['the source is damaged'] }), now);
    expect(written.filter((line) => line === 'the source is damaged\n')).toHaveLength(1);
  });
});
