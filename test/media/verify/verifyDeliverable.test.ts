import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { argv } from '../../../src/lib/argv.js';
import { SegmentMismatch } from '../../../src/lib/errors.js';
import type { FrameSource } from '../../../src/media/picture/frameSource.js';
import { type VerifyReport, verifyReportSchema } from '../../../src/media/verify/report.js';
import { Runs } from '../../../src/media/verify/runs.js';
import { type VerifyRequest, verifyDeliverable as verify } from '../../../src/media/verify/verifyDeliverable.js';
import { ffmpeg, hasSharedMedia, makeClip, scratchFolder, sharedFile } from '../../support/media.js';
import { deliveredForCheck } from '../encodeSupport.js';

const verifyDeliverable = async (request: VerifyRequest): Promise<VerifyReport> => (await verify(request)).report;

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);

describe('verifying a deliverable', () => {
  let request: VerifyRequest;
  let source: FrameSource;
  beforeAll(async () => {
    request = await deliveredForCheck(
      await makeClip(at('source.mp4'), { seconds: 2, audioTracks: 2 }),
      at('good.mp4'),
    );
    source = request.source;
  });

  /** Verifies a copy of the good file that ffmpeg has changed. */
  async function broken(name: string, ...args: string[]): Promise<VerifyReport> {
    await ffmpeg('-i', request.file, ...args, at(name));
    return verifyDeliverable({ ...request, file: at(name) });
  }
  const encodeAgain = ['-map', '0', '-c:a', 'copy', '-c:v', 'libx264', '-preset', 'veryfast'];

  it('passes a good one', async () => {
    const seen: number[] = [];
    const report = await verifyDeliverable({ ...request, onFrame: (frames) => seen.push(frames) });
    expect(verifyReportSchema.parse(report)).toMatchObject({
      ok: true,
      problems: [],
      warnings: [],
      frames: 50,
      expectedFrames: 50,
      largestTimeErrorSeconds: 0,
    });
    expect(report.difference.luma.largest).toBeLessThan(2);
    expect(seen.at(-1)).toBe(50);
  });

  it('finds a dropped frame', async () => {
    const report = await broken(
      'dropped.mp4',
      ...argv`${encodeAgain} -vf select='not(eq(n,20))' -fps_mode passthrough`,
    );
    expect(report.ok).toBe(false);
    expect(report.problems).toContain('it has 49 frames instead of 50');
    expect(report.problems).toContain('frame 20 is shown at 0.840000 s after the first, not at 0.800000 s');
  });

  it('finds a frame too many', async () => {
    const report = await broken('more.mp4', ...encodeAgain, '-vf', 'tpad=stop=1');
    expect(report.problems).toContain('it has 51 frames instead of 50');
  });

  it('names black frames', async () => {
    const report = await broken(
      'black.mp4',
      ...encodeAgain,
      '-vf',
      "drawbox=color=black:t=fill:enable='between(n,10,14)+eq(n,30)'",
    );
    expect(report.problems).toEqual(['the picture is black where the source is not: frames 10 to 14, frame 30']);
  });

  it('lets black stand where the source is black', async () => {
    const clip = at('night.mkv');
    await ffmpeg(...argv`-f lavfi -i color=black:size=64x48:rate=25:duration=1 -c:v ffv1 -pix_fmt yuv420p ${clip}`);
    expect(await verifyDeliverable(await deliveredForCheck(clip, at('night.mp4')))).toMatchObject({ ok: true });
  });

  it('names frames that show something else', async () => {
    const report = await broken('garbled.mp4', ...encodeAgain, '-vf', "hflip=enable='between(n,5,7)'");
    expect(report.problems).toEqual(["the picture is not the source's: frames 5 to 7"]);
  });

  it('finds a file cut short', async () => {
    const file = at('cut.mp4');
    await writeFile(file, await readFile(request.file));
    await truncate(file, Math.floor((await stat(file)).size * 0.6));
    const report = await verifyDeliverable({ ...request, file });
    expect(report.frames).toBeLessThan(50);
    expect(report.problems.join('\n')).toMatch(/it has \d+ frames instead of 50/);
  });

  it('reports a file that is no video at all', async () => {
    await writeFile(at('text.mp4'), 'not a film\n');
    const report = await verifyDeliverable({ ...request, file: at('text.mp4') });
    expect(report).toMatchObject({ ok: false, frames: 0 });
    expect(report.problems[0]).toContain('cannot be opened');
  });

  it('reports damage inside the pictures', async () => {
    const bytes = await readFile(request.file);
    bytes.fill(0x5a, bytes.length - 30_000, bytes.length - 25_000);
    await writeFile(at('flipped.mp4'), bytes);
    const report = await verifyDeliverable({ ...request, file: at('flipped.mp4') });
    expect(report.ok).toBe(false);
    expect(report.problems[0]).toMatch(/decoding the video gave \d+ errors?: /);
  });

  it('misses an audio track', async () => {
    expect((await broken('mute.mp4', '-map', '0:v', '-map', '0:a:0', '-c', 'copy')).problems).toEqual([
      'it has 1 audio tracks instead of 2',
    ]);
  });

  it('finds another size and another shape of pixels', async () => {
    expect((await broken('size.mp4', ...encodeAgain, '-vf', 'scale=318:240,setsar=4/3')).problems).toEqual([
      'the picture is 318x240 instead of 320x240',
      "the pixels' aspect ratio is 4:3 instead of 1:1",
    ]);
  });

  it('finds pictures that were moved in time', async () => {
    const report = await broken(
      'slow.mp4',
      ...argv`${encodeAgain} -vf setpts=PTS*1.01 -fps_mode passthrough -enc_time_base 1:90000`,
    );
    expect(report.problems.join('\n')).toContain('frame 1 is shown at 0.04');
    expect(report.ok).toBe(false);
  });

  it('throws when the source does not decode to its frames', async () => {
    const pts = source.pts.slice();
    pts[7] = (pts[7] as number) + 1;
    await expect(verifyDeliverable({ ...request, source: { ...source, pts } })).rejects.toThrow(SegmentMismatch);
  });

  it('stops when asked to', async () => {
    const controller = new AbortController();
    const verify = verifyDeliverable({
      ...request,
      signal: controller.signal,
      onFrame: () => {
        controller.abort(new Error('enough'));
      },
    });
    await expect(verify).rejects.toThrow('enough');
  });
});

describe.skipIf(!hasSharedMedia)('verifying deliverables of real clips', () => {
  it.each([
    ['cartoon/bbb-800x640-sar64x45-bpyramid-4s.mp4', 1],
    ['live/realshort-320x240-aac-1s.mp4', 2],
    ['odd/odd-size-161x121-vp9.webm', 3],
    ['hdr/h264-10bit-200x200.mp4', 2],
    ['timing/decord-rot90.mov', 2],
    ['timing/no_duration-vfr-opus.webm', 1],
  ] as const)('passes %s', async (name, scale) => {
    const report = await verifyDeliverable(
      await deliveredForCheck(sharedFile(`clips/${name}`), at(`${path.basename(name)}.out.mp4`), scale),
    );
    expect(report).toMatchObject({ ok: true, problems: [], warnings: [] });
    expect(report.difference.luma.largest).toBeLessThan(6.5);
  });
});

describe('naming frames', () => {
  it('joins neighbours and counts what it does not name', () => {
    const runs = new Runs();
    for (const frame of [1, 2, 3, 7, 9, 10, 20, 30, 40, 41, 50]) runs.add(frame);
    expect(runs.toString()).toBe('frames 1 to 3, frame 7, frames 9 to 10, frame 20, frame 30 and 2 more runs');
  });
});
