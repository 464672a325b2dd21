import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { EncodeSpec } from '../../../src/job/spec.js';
import { argv } from '../../../src/lib/argv.js';
import { digestOf } from '../../../src/lib/digest.js';
import type { FrameSource } from '../../../src/media/picture/frameSource.js';
import type { Along } from '../../../src/media/verify/along.js';
import { type CheckedPart, publishChecked, readChecked } from '../../../src/media/verify/checkedPart.js';
import { checkPart } from '../../../src/media/verify/checkPart.js';
import { sampledFrames } from '../../../src/media/verify/stills.js';
import { traceSource } from '../../../src/media/verify/trace.js';
import { type VerifyRequest, verifyDeliverable } from '../../../src/media/verify/verifyDeliverable.js';
import { ffmpeg, scratchFolder } from '../../support/media.js';
import { deliveredForCheck } from '../encodeSupport.js';
import { change, encodeAgain, makeFilm } from './brokenSupport.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);
/** Some frames of the films below. */
const RUN_IN = 40 * 512;

const seeking = (source: FrameSource): FrameSource => ({ ...source, runIn: RUN_IN });

/** Checks the two parts that a result was joined from, as its job does. */
async function checkedAlong({ file, source }: VerifyRequest): Promise<{ parts: CheckedPart[]; along: Along }> {
  const [frames, half] = [source.pts.length, Math.ceil(source.pts.length / 2)];
  const parts: CheckedPart[] = [];
  for (const [start, end] of [
    [0, half],
    [half, frames],
  ] as const) {
    const part = `${file}.video.mp4.${start}.mp4`;
    const found = await checkPart({ file: part, start, end, source: seeking(source), stills: sampledFrames(frames) });
    parts.push({ start, end, sha256: digestOf(await readFile(part)), ...found });
  }
  return { parts, along: { parts, trace: await traceSource(source) } };
}

/** Everything in a report that is about pictures and times. */
async function both(request: VerifyRequest, along: Along): Promise<{ whole: unknown; known: unknown; seen: number }> {
  let seen = 0;
  const page = { pageTitle: 'film' };
  const whole = await verifyDeliverable({ ...request, ...page });
  const known = await verifyDeliverable({ ...request, ...page, along, onFrame: (frames) => (seen = frames) });
  return { whole, known, seen };
}

let film: string;
beforeAll(async () => {
  film = await makeFilm(at('source.mp4'));
});

describe('a check that goes along with the encode', () => {
  it.each([
    ['film.mp4', {}],
    ['film.mkv', {}],
    ['hevc.mp4', { codec: 'h265' }],
    ['hevc.mkv', { codec: 'h265' }],
    ['av1.mp4', { codec: 'av1', preset: 'superfast' }],
  ] as const)('gives the same report and the same page, and decodes nothing at the end: %s', async (name, encoded) => {
    const encode: EncodeSpec = { codec: 'h264', crf: 23, preset: 'superfast', threads: 1, ...encoded };
    const request = await deliveredForCheck(film, at(name), 2, { encode });
    const { parts, along } = await checkedAlong(request);
    expect(parts.map(({ problems }) => problems)).toEqual([[], []]);
    const { whole, known, seen } = await both(request, along);
    expect(known).toEqual(whole);
    expect(seen).toBe(0);
    // What lies on the disk is the same.
    await publishChecked(folder, parts[1] as CheckedPart);
    expect(await readChecked(folder, parts[1] as CheckedPart)).toEqual(parts[1]);
    expect(await readChecked(folder, { ...(parts[1] as CheckedPart), sha256: '0'.repeat(64) })).toBeUndefined();
  });

  it('names what is wrong at once, by numbers of the whole video, and the last check says the same', async () => {
    const request = await deliveredForCheck(film, at('good.mp4'));
    const faults = [
      "swapuv=enable='between(n,2,4)'",
      "drawbox=color=black:t=fill:enable='eq(n,20)'",
      'split[a][b];[a][b]freezeframes=first=40:last=42:replace=39',
      "hflip=enable='between(n,70,71)'",
    ];
    const file = await change(request.file, 'faults.mp4', ...encodeAgain, '-vf', faults.join(','));
    const part = { start: 0, end: 100, sha256: digestOf(await readFile(file)) };
    const found = await checkPart({ ...part, file, source: seeking(request.source), stills: sampledFrames(100) });
    expect(found.problems.sort()).toEqual([
      'the colours are wrong, as if its colour planes U and V are swapped: frames 2 to 4',
      'the picture is black where the source is not: frame 20',
      "the picture is not the source's: frames 70 to 71",
      "the picture is the source's frame before or after: frames 40 to 42",
    ]);
    const along = { parts: [{ ...part, ...found }], trace: await traceSource(request.source) };
    const { whole, known, seen } = await both({ ...request, file }, along);
    expect(known).toEqual(whole);
    expect(seen).toBe(0);
  });

  it('finds a part that was cut at the wrong place, and one of another length', async () => {
    const { file, source } = await deliveredForCheck(film, at('cut.mp4'));
    const check = (start: number, end: number) =>
      checkPart({ file: `${file}.video.mp4.50.mp4`, start, end, source: seeking(source), stills: [] });
    for (const [start, place] of [
      [49, '1 frame later'],
      [45, '5 frames later'],
    ] as const)
      expect((await check(start, start + 50)).problems).toContain(
        `the pictures are the source's ${place}: frames ${start} to ${start + 49}`,
      );
    expect((await check(50, 99)).problems).toEqual(['frames 50 to 98 decode to 50 frames']);
  });

  it('raises no alarm where pictures are smoothed over time, or sharper and brighter', async () => {
    const waves = "geq=lum='128+60*sin((X+2*N)/25)':cb=128:cr=128";
    await ffmpeg(
      ...argv`
        -f lavfi -i nullsrc=s=160x120:r=25:d=2,${waves} -f lavfi -i testsrc2=s=160x120:r=25:d=2
        -filter_complex concat=n=2 -c:v libx264 -crf 12 -pix_fmt yuv420p ${at('calm.mp4')}
      `,
    );
    const { file, source } = await deliveredForCheck(at('calm.mp4'), at('calm.out.mp4'));
    for (const filter of ['hqdn3d=4:3:9:9', 'unsharp=5:5:1.2,eq=contrast=1.08:brightness=0.02']) {
      const calm = await change(file, `calm.${filter.slice(0, 6)}.mp4`, ...encodeAgain, '-vf', filter);
      const found = await checkPart({ file: calm, start: 0, end: 100, source: seeking(source), stills: [] });
      expect(found.problems).toEqual([]);
    }
  });

  it('decodes the whole file again, and says why, where what was seen does not prove it', async () => {
    const request = await deliveredForCheck(film, at('again.mp4'));
    const { parts, along } = await checkedAlong(request);
    const [first, second] = parts as [CheckedPart, CheckedPart];
    const warningsOf = async (changed: Partial<Along>) => {
      let decoded = 0;
      const { report } = await verifyDeliverable({
        ...request,
        along: { ...along, ...changed },
        onFrame: (frame) => (decoded = frame),
      });
      expect(report.problems).toEqual([]);
      expect(decoded).toBe(100);
      return report.warnings;
    };
    const again = 'it was decoded again: ';
    const sums = Buffer.from(along.trace?.sums ?? '', 'base64');
    sums.writeUInt32LE(0, 4 * 60);
    expect(await warningsOf({ trace: { frames: 100, errors: [], sums: sums.toString('base64') } })).toEqual([
      `${again}a segment's source showed other pictures than a straight decode: frame 60`,
    ]);
    expect(await warningsOf({ parts: [first, { ...second, packets: first.packets }] })).toEqual([
      `${again}the packets of frames 50 to 99 are not those that were checked`,
    ]);
    expect(await warningsOf({ parts: [first, undefined] })).toEqual([
      `${again}from frame 50 on nothing was checked while it was made`,
    ]);
  });

  it('keeps the times of a variable rate, and finds a frame elsewhere', async () => {
    await ffmpeg(
      ...argv`
        -f lavfi -i testsrc2=size=96x72:rate=25:duration=3 -vf select='not(eq(mod(n,7),3))' -fps_mode passthrough
        -c:v libx264 -pix_fmt yuv420p ${at('vfr.mp4')}
      `,
    );
    const request = await deliveredForCheck(at('vfr.mp4'), at('vfr.out.mp4'));
    const { along } = await checkedAlong(request);
    const { whole, known } = await both(request, along);
    expect(known).toEqual(whole);
    const elsewhere = Float64Array.from(request.expectedPts);
    elsewhere[10] = (elsewhere[10] as number) + 100;
    const late = await verifyDeliverable({ ...request, expectedPts: elsewhere, along });
    expect(late.report.problems).toEqual([expect.stringMatching(/^frame 10 is shown at /)]);
  });
});
