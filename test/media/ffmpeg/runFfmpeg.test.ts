import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { argv } from '../../../src/lib/argv.js';
import { ContentFailure, WorldError } from '../../../src/lib/errors.js';
import { runFfmpeg, startFfmpeg } from '../../../src/media/ffmpeg/runFfmpeg.js';
import { runFfprobe } from '../../../src/media/ffmpeg/runFfprobe.js';
import { printPts } from '../../../src/media/picture/frameSource.js';
import { makeClip, scratchFolder } from '../../support/media.js';

const folder = scratchFolder();
const picture = ['-f', 'lavfi', '-i', 'testsrc2=size=64x64:rate=25:duration=2'];

describe('runFfmpeg', () => {
  it('hands over frames, timestamps and the lines of stdout', async () => {
    const pts: number[] = [];
    const frames: number[] = [];
    const lines: string[] = [];
    const result = await runFfmpeg([...picture, '-vf', printPts().join(','), '-f', 'framecrc', 'pipe:1'], {
      onPts: (time) => pts.push(time),
      onProgress: ({ frame }) => frames.push(frame),
      onStdoutLine: (line) => lines.push(line),
    });
    expect(pts).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(frames.at(-1)).toBe(50);
    expect(lines.filter((line) => line.startsWith('0,'))).toHaveLength(50);
    expect(result).toEqual({ stderrLines: [], errors: 0 });
  });

  it('says what ffmpeg said when it fails, without the whole command line', async () => {
    const failed = runFfmpeg(['-i', path.join(folder, 'missing.mp4'), '-f', 'null', '-']);
    await expect(failed).rejects.toThrow(WorldError);
    await expect(failed).rejects.toThrow(
      /^ffmpeg failed with exit code \d+: (?=.*missing\.mp4).*No such file or directory$/s,
    );
  });

  it('keeps the last of many complaints, and counts them all', async () => {
    const file = path.join(folder, 'noise.h264');
    await makeClip(file, {
      seconds: 6,
      audioTracks: 0,
      video: ['-c:v', 'libx264', '-bsf:v', 'noise=amount=30', '-f', 'h264'],
    });
    const { stderrLines, errors } = await runFfmpeg(['-max_error_rate', '1', '-i', file, '-f', 'null', '-']);
    expect(errors).toBeGreaterThan(20);
    expect(stderrLines).toHaveLength(20);
    expect(stderrLines.join()).not.toMatch(/0x[0-9a-f]{6}|\[error\]/);
  });

  it('rejects with the reason of an abort and leaves no process', async () => {
    const abort = new AbortController();
    const reason = new Error('paused');
    const mark = path.join(folder, 'endless.nut');
    const run = runFfmpeg(['-re', '-f', 'lavfi', '-i', 'testsrc2=size=64x64:rate=25', '-c:v', 'utvideo', '-y', mark], {
      signal: abort.signal,
      onProgress: () => {
        abort.abort(reason);
      },
    });
    await expect(run).rejects.toBe(reason);
    expect(running(mark)).toEqual([]);
  });

  it('is given up by the world, not the file, if others ask ffmpeg to end, also as it opens its input', async () => {
    const mark = path.join(folder, 'asked.nut');
    const ask = (): void => {
      for (const pid of running(mark)) process.kill(pid, 'SIGTERM');
    };
    const whileRunning = runFfmpeg(
      ['-re', '-f', 'lavfi', '-i', 'testsrc2=size=64x64:rate=25', '-c:v', 'utvideo', '-y', mark],
      { onProgress: ask },
    );
    await expect(whileRunning).rejects.toThrow('ffmpeg was asked to end by a signal');
    await expect(whileRunning).rejects.not.toBeInstanceOf(ContentFailure);
    const opening = startFfmpeg(['-f', 'mpegts', '-i', 'pipe:0', '-c:v', 'utvideo', '-y', mark], { stdin: 'pipe' });
    const failed = expect(opening.done).rejects.toThrow('ffmpeg was asked to end by a signal');
    opening.stdin?.on('error', () => undefined);
    // More than a pipe holds: when it is written, ffmpeg reads.
    opening.stdin?.write(Buffer.alloc(1_000_000), ask);
    const zeros = setInterval(() => opening.stdin?.write(Buffer.alloc(1000)), 100);
    await failed.finally(() => {
      clearInterval(zeros);
    });
  });

  it("ends ffmpeg when the caller has seen enough, with the caller's error", async () => {
    const enough = new Error('enough');
    const mark = path.join(folder, 'enough');
    const run = runFfmpeg(
      argv`-re -f lavfi -i testsrc2=size=64x64:rate=25 -metadata title=${mark} -vf ${printPts().join(',')} -f null -`,
      {
        onPts: () => {
          throw enough;
        },
      },
    );
    await expect(run).rejects.toBe(enough);
    expect(running(mark)).toEqual([]);
  });

  /** Processes whose command line holds a mark. */
  function running(mark: string): number[] {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number)
      .filter((pid) => {
        try {
          return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(mark);
        } catch {
          return false;
        }
      });
  }
});

it('startFfmpeg lends stdin and stdout', async () => {
  const run = startFfmpeg(
    ['-f', 'rawvideo', '-pixel_format', 'gray', '-video_size', '4x2', '-i', 'pipe:0', '-f', 'rawvideo', 'pipe:1'],
    { stdin: 'pipe', stdout: 'pipe' },
  );
  run.stdin?.end('abcdefghABCDEFGH');
  expect(run.stdout && (await text(run.stdout))).toBe('abcdefghABCDEFGH');
  await run.done;
});

it('runFfprobe gives its output by lines', async () => {
  const file = await makeClip(path.join(folder, 'clip.mp4'), { seconds: 1 });
  const lines: string[] = [];
  await runFfprobe(['-select_streams', 'v', '-show_entries', 'packet=pts', '-of', 'csv=p=0', file], {
    onLine: (line) => lines.push(line),
  });
  expect(lines.filter((line) => line !== '')).toHaveLength(25);
  await expect(runFfprobe([path.join(folder, 'missing.mp4')], { onLine: () => undefined })).rejects.toThrow(
    /ffprobe failed.*No such file/,
  );
});
