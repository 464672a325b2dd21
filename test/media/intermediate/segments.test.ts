import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { planSegments } from '../../../src/job/plan.js';
import { decodeTimeline } from '../../../src/job/timeline.js';
import { argv } from '../../../src/lib/argv.js';
import { SegmentMismatch } from '../../../src/lib/errors.js';
import { conformSource } from '../../../src/media/intermediate/conform.js';
import type { FrameSource } from '../../../src/media/picture/frameSource.js';
import { probeSource } from '../../../src/media/source/probe.js';
import { scanSource } from '../../../src/media/source/scan.js';
import { ffmpeg, hasSharedMedia, scratchFolder, sharedClips } from '../../support/media.js';
import { rangeDigests, straightDigests } from '../digests.js';

const folder = scratchFolder();

async function bySegments(source: FrameSource, segmentFrames: number): Promise<string[]> {
  const plan = planSegments({ pts: source.pts, from: source.from, outputPixels: 1e6, devices: 1, segmentFrames });
  const found: string[] = [];
  for (const { startFrame, frames } of plan.segments)
    found.push(...(await rangeDigests(source, startFrame, startFrame + frames)));
  return found;
}

/**
 * Reads a clip as a job does: by seeking where that is trusted, from a conformed copy where it is not or turns out
 * wrong.
 */
async function readAsJob(
  file: string,
  segmentFrames?: number,
): Promise<{ from: FrameSource['from']; straight: string[]; segments: string[] }> {
  const info = await probeSource(file);
  const { scan, timeline } = await scanSource(file, info);
  const straight = await straightDigests(file, info);
  const size = segmentFrames ?? Math.max(37, Math.ceil(straight.length / 6));
  if (timeline) {
    const source: FrameSource = { file, from: 'source', info, pts: decodeTimeline(timeline), runIn: scan.runIn };
    try {
      return { from: 'source', straight, segments: await bySegments(source, size) };
    } catch (error) {
      if (!(error instanceof SegmentMismatch)) throw error;
    }
  }
  const copies = path.join(folder, 'conformed');
  await mkdir(copies, { recursive: true });
  const copy = await conformSource(file, scan.info, copies);
  const source: FrameSource = {
    file: path.join(copies, copy.file),
    from: 'conformed',
    info,
    pts: decodeTimeline(copy.timeline),
    runIn: 0,
  };
  return { from: 'conformed', straight, segments: await bySegments(source, size) };
}

describe('all frames decoded by segments equal those of one straight decode', () => {
  const x264: Record<string, string> = {
    'open GOPs': 'open-gop=1:keyint=40:min-keyint=20:bframes=5:b-pyramid=normal:scenecut=0',
    'intra refresh': 'intra-refresh=1:keyint=40:bframes=3',
    'long B pyramids': 'keyint=60:bframes=16:b-adapt=0:b-pyramid=normal:ref=8',
  };
  const made = (name: string, extension: string): string => path.join(folder, `${name}.${extension}`);

  beforeAll(async () => {
    for (const [name, params] of Object.entries(x264)) {
      await ffmpeg(
        ...argv`
          -f lavfi -i testsrc2=size=160x120:rate=25:duration=7 -c:v libx264 -preset veryfast -x264-params ${params}
          -pix_fmt yuv420p ${made(name, 'mp4')}
        `,
      );
      for (const extension of ['mkv', 'ts'])
        await ffmpeg('-i', made(name, 'mp4'), '-c', 'copy', made(name, extension));
    }
  });

  for (const name of Object.keys(x264)) {
    it.each(['mp4', 'mkv', 'ts'])(`H.264 with ${name} in %s`, async (extension) => {
      const { from, straight, segments } = await readAsJob(made(name, extension));
      expect(straight).toHaveLength(175);
      expect(new Set(straight).size).toBe(175);
      expect(segments).toEqual(straight);
      expect(from).toBe('source');
    });
  }

  it('a TS whose clock begins at 26 hours', async () => {
    const file = made('offset', 'ts');
    await ffmpeg('-itsoffset', '93600', '-i', made('open GOPs', 'mp4'), '-c', 'copy', '-copyts', file);
    const { from, straight, segments } = await readAsJob(file);
    expect(straight).toHaveLength(175);
    expect(segments).toEqual(straight);
    expect(from).toBe('source');
  });

  it('an MP4 whose edit list hides its first frames', async () => {
    const file = made('edited', 'mp4');
    await ffmpeg('-ss', '2.3', '-i', made('open GOPs', 'mp4'), '-c', 'copy', file);
    const { from, straight, segments } = await readAsJob(file, 29);
    expect(straight.length).toBeGreaterThan(100);
    expect(straight.length).toBeLessThan(175);
    expect(segments).toEqual(straight);
    expect(from).toBe('source');
  });

  it('an MPEG program stream, from its conformed copy', async () => {
    const file = made('program', 'mpg');
    await ffmpeg(...argv`-i ${made('open GOPs', 'mp4')} -c:v mpeg2video -g 15 -bf 2 -q:v 4 -f vob ${file}`);
    const { from, straight, segments } = await readAsJob(file);
    expect(straight).toHaveLength(175);
    expect(segments).toEqual(straight);
    expect(from).toBe('conformed');
  });

  for (const kind of ['cartoon', 'live', 'timing']) {
    for (const file of sharedClips(kind)) {
      it.skipIf(!hasSharedMedia)(`${kind}/${path.basename(file)}`, async () => {
        const { straight, segments } = await readAsJob(file);
        expect(straight.length).toBeGreaterThan(0);
        expect(segments).toEqual(straight);
      });
    }
  }
});
