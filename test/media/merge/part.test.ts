import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { clipOf, originOf, type Range } from '../../../src/job/range.js';
import { decodeTimeline, type Timeline } from '../../../src/job/timeline.js';
import { argv } from '../../../src/lib/argv.js';
import { toNumber } from '../../../src/lib/rational.js';
import { conformSource } from '../../../src/media/intermediate/conform.js';
import { containerOf } from '../../../src/media/merge/containers.js';
import { mergeAudio } from '../../../src/media/merge/merge.js';
import { planAudio } from '../../../src/media/merge/planAudio.js';
import { deliverableTags } from '../../../src/media/picture/deliverable.js';
import type { FrameSource } from '../../../src/media/picture/frameSource.js';
import { readContents } from '../../../src/media/source/fileContents.js';
import { probeSource } from '../../../src/media/source/probe.js';
import { scanSource } from '../../../src/media/source/scan.js';
import { type VerifyRequest, verifyDeliverable } from '../../../src/media/verify/verifyDeliverable.js';
import { ffmpeg, scratchFolder } from '../../support/media.js';
import { decodedPts, fastEncode, frameDigests, lastDuration, upscaledVideo } from '../encodeSupport.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);

/** A white frame and a click at every whole second; B-frames, and of every seven frames one is missing. */
const pictures =
  'testsrc2=size=96x72:rate=25:duration=6,' +
  "drawbox=color=white:t=fill:enable='lt(mod(n,25),1)',select='not(eq(mod(n,7),3))'";
const sound = "aevalsrc='if(lt(mod(n,48000),4),0.9,0.02*sin(n/9)*sin(n/90000))':s=48000:d=6";

beforeAll(async () => {
  writeFileSync(
    at('text.srt'),
    '1\n00:00:00,500 --> 00:00:01,000\nbefore\n\n2\n00:00:01,500 --> 00:00:02,500\nbegins before\n\n' +
      '3\n00:00:03,000 --> 00:00:05,000\nends behind\n\n4\n00:00:05,200 --> 00:00:05,600\nbehind\n',
  );
  const chapter = (start: number, end: number, title: string): string =>
    `[CHAPTER]\nTIMEBASE=1/1000\nSTART=${start}\nEND=${end}\ntitle=${title}\n`;
  writeFileSync(
    at('chapters.txt'),
    `;FFMETADATA1\n${chapter(0, 2000, 'one')}${chapter(2000, 3500, 'two')}${chapter(3500, 6000, 'three')}`,
  );
  const make = (name: string, text: string) =>
    ffmpeg(
      ...argv`
        -f lavfi -i ${pictures} -f lavfi -i ${sound} -i ${at('text.srt')} -i ${at('chapters.txt')} -map 0 -map 1
        -map 2 -map_metadata 3 -fps_mode vfr -c:v libx264 -preset veryfast -bf 3 -g 30 -pix_fmt yuv420p -c:a aac
        -c:s ${text} ${at(name)}
      `,
    );
  await Promise.all([make('source.mp4', 'mov_text'), make('source.mkv', 'srt')]);
});

const range = { from: 2.1, to: 4.6 };

interface Made extends VerifyRequest {
  /** Of the whole source. */
  allPts: Float64Array;
}

/**
 * A part as a job makes it, of the same size and without loss. @returns what the check before publish is asked for.
 */
async function deliverPart(file: string, output: string, asked: Range = range): Promise<Made> {
  const { scan, timeline } = await scanSource(file, await probeSource(file));
  if (!timeline) throw new Error('the clip cannot be sought in');
  const part = clipOf(timeline, asked, originOf(scan.info));
  const source: FrameSource = {
    file,
    from: 'source',
    info: scan.info,
    pts: decodeTimeline(part.timeline),
    runIn: scan.runIn,
    around: part.around,
  };
  const encode = { ...fastEncode, crf: 0 };
  const { reorderSeconds } = await upscaledVideo(source, `${output}.video.mp4`, 1, { encode });
  const { timebase, width, height } = scan.info.video;
  const container = containerOf(output) ?? 'mp4';
  const firstPts = part.timeline.firstPts * toNumber(timebase);
  const { contents } = await mergeAudio({
    video: `${output}.video.mp4`,
    source: file,
    info: scan.info,
    container,
    audio: 'auto',
    firstPts,
    cut: part.cut,
    reorderSeconds,
    lastDuration: lastDuration(source) * toNumber(timebase),
    output,
  });
  return {
    file: output,
    source,
    expectedPts: source.pts,
    timebase,
    lastDuration: lastDuration(source),
    width,
    height,
    pixelFormat: 'yuv420p',
    colors: deliverableTags(scan.info),
    soundSource: file,
    firstPts,
    cut: part.cut,
    contents,
    allPts: decodeTimeline(timeline),
  };
}

/** Times of white frames and of clicks, on decoded media. */
async function events(file: string): Promise<{ flashes: number[]; clicks: number[] }> {
  const stats = 'signalstats,metadata=print:key=lavfi.signalstats.YAVG:file=-';
  const { stdout } = await execa(
    'ffmpeg',
    argv`-v error -copyts -i ${file} -map 0:v -fps_mode passthrough -vf ${stats} -f null -`,
  );
  const flashes = [...stdout.matchAll(/pts_time:(\S+)\s+lavfi\.signalstats\.YAVG=(\S+)/g)]
    .filter(([, , luma]) => Number(luma) > 225)
    .map(([, time]) => Number(time));
  const frames = await execa(
    'ffprobe',
    argv`-v error -select_streams a:0 -show_entries frame=pts_time -of csv=p=0 ${file}`,
  );
  const raw = await execa(
    'ffmpeg',
    ['-v', 'error', '-i', file, '-map', '0:a:0', '-ac', '1', '-ar', '48000', '-f', 's16le', '-'],
    { encoding: 'buffer' },
  );
  const clicks: number[] = [];
  for (const [i, value] of new Int16Array(Uint8Array.from(raw.stdout).buffer).entries()) {
    const time = parseFloat(frames.stdout) + i / 48000;
    if (Math.abs(value) > 8000 && time - (clicks.at(-1) ?? -1) > 0.1) clicks.push(time);
  }
  return { flashes, clicks };
}

const texts = async (file: string): Promise<string> =>
  (await execa('ffmpeg', ['-v', 'error', '-i', file, '-map', '0:s', '-f', 'srt', '-'])).stdout;

describe.each([
  ['mp4', 'mp4'],
  ['mkv', 'mkv'],
  ['mp4', 'mkv'],
  ['mkv', 'mp4'],
])('a part of an %s as %s', (from, to) => {
  const file = at(`source.${from}`);
  const output = at(`${from}.part.${to}`);
  let made: Made;
  let first: number;

  beforeAll(async () => {
    made = await deliverPart(file, output);
    first = made.firstPts;
  });

  it('has exactly its frames at their times, and sound, texts and chapters with them', async () => {
    const tick = toNumber(made.timebase);
    const times = (await decodedPts(file)).map((pts) => pts * tick);
    const numbers = times.flatMap((time, i) => (time >= 2.0995 && time < 4.5995 ? [i] : []));
    expect([...made.source.pts].map((pts) => pts * tick)).toEqual(numbers.map((i) => times[i]));
    const digests = await frameDigests(file);
    expect(await frameDigests(output)).toEqual(numbers.map((i) => digests[i]));

    const [whole, part] = [await events(file), await events(output)];
    const inPart = (all: number[]): number[] =>
      all.filter((time) => time >= first && time < (made.cut?.to ?? 0)).map((time) => time - first);
    const near = (all: number[], tolerance: number): unknown[] =>
      all.map((time) => expect.closeTo(time, tolerance) as unknown);
    expect(part.flashes).toHaveLength(2);
    expect(part.flashes).toEqual(near(inPart(whole.flashes), 3));
    expect(part.clicks).toHaveLength(2);
    // Within a millisecond, in relation to the flashes.
    for (const [i, click] of part.clicks.entries())
      expect(Math.abs(click - (inPart(whole.clicks)[i] as number))).toBeLessThan(0.001);

    const clock = (seconds: number): string =>
      `00:00:0${Math.floor(seconds)},${String(Math.round((seconds % 1) * 1000)).padStart(3, '0')}`;
    const source = await readContents(file);
    const shift = source.streams.find(({ kind }) => kind === 'video')?.startSeconds ?? 0;
    expect((await texts(output)).split('\n\n').map((text) => text.trim())).toEqual([
      `1\n00:00:00,000 --> ${clock(2.5 + shift - first)}\nbegins before`,
      `2\n${clock(3 + shift - first)} --> ${clock((made.cut?.to ?? 0) - first)}\nends behind`,
    ]);
    const { chapters } = await readContents(output);
    expect(chapters.map(({ title, startSeconds }) => [title, startSeconds])).toEqual([
      ['two', 0],
      ['three', expect.closeTo((source.chapters[2]?.startSeconds ?? 0) - first, 3)],
    ]);
  });

  it('passes the check before publish, and what is not this part does not', async () => {
    expect((await verifyDeliverable(made)).report.problems).toEqual([]);
    const problems = async (other: Partial<VerifyRequest>): Promise<string> =>
      (await verifyDeliverable({ ...made, ...other })).report.problems.join('; ');
    expect(await problems({ firstPts: first - 0.1, cut: { ...made.cut, from: first - 0.1 } })).toMatch(
      /what is heard in audio track 1 is 0\.100 s before the source's/,
    );
    const { source, allPts } = made;
    const start = allPts.indexOf(source.pts[0] as number) - 1;
    const pts = allPts.subarray(start, start + source.pts.length);
    const earlier = { ...source, pts, around: { firstPts: allPts[0] as number, nextPts: source.pts.at(-1) } };
    expect(await problems({ source: earlier })).toMatch(/the picture is the source's frame before or after/);
  });
});

it('sound that is copied begins within a packet by an edit list, and is converted where there is none', async () => {
  const codecs = async (file: string): Promise<string[]> =>
    (await readContents(file)).streams.filter(({ kind }) => kind === 'audio').map(({ codec }) => codec);
  expect(await codecs(at('mp4.part.mp4'))).toEqual(['aac']);
  expect(await codecs(at('mp4.part.mkv'))).toEqual(['flac']);
});

it('sound that pauses shortly before a part is in step in it, from the first sample on', async () => {
  // Four packets before the part, 594 samples are missing.
  await ffmpeg(
    ...argv`
      -i ${at('source.mp4')} -map 0 -c copy -bsf:a ${'setts=ts=if(lt(N\\,95)\\,TS-594\\,TS)'} ${at('pause.mp4')}
    `,
  );
  const made = await deliverPart(at('pause.mp4'), at('pause.part.mp4'));
  expect(made.contents.tracks).toMatchObject([
    { kind: 'video' },
    { kind: 'audio', codec: 'aac', copied: true },
    { kind: 'subtitle' },
  ]);
  expect((await verifyDeliverable(made)).report.problems).toEqual([]);
});

it('lossy sound is converted for MKV also where a packet begins with the part: it needs the one before', async () => {
  await ffmpeg('-f', 'lavfi', '-i', sound, '-c:a', 'libvorbis', at('vorbis.mkv'));
  const source = await readContents(at('vorbis.mkv'));
  const planned = async (audio: 'auto' | 'copy', container: 'mp4' | 'mkv') => {
    const within = new Map([[0, { first: 2, whole: 2, next: 2.02, steady: 0 }]]);
    return (
      await planAudio(
        { file: at('vorbis.mkv'), source, container, audio, cut: { from: 2 } } as Parameters<typeof planAudio>[0],
        within,
      )
    ).tracks;
  };
  expect(await planned('auto', 'mkv')).toMatchObject([{ codec: 'flac', copied: false, startSeconds: 2 }]);
  // A Vorbis packet without the one before gives no sound.
  expect(await planned('copy', 'mkv')).toMatchObject([{ codec: 'vorbis', copied: true, startSeconds: 2.02 }]);
});

it.each(['match', 'double'] as const)(
  'a source that is conformed is conformed in that part only: %s',
  async (remedy) => {
    const { scan } = await scanSource(at('source.mp4'), await probeSource(at('source.mp4')));
    const fields = { remedy, order: 'tff' as const, telecined: false };
    const whole = await conformSource(at('source.mp4'), scan.info, folder, { fields });
    const seen: Timeline[] = [];
    const part = await conformSource(at('source.mp4'), scan.info, folder, {
      fields,
      part: (timeline) => {
        seen.push(timeline);
        return { start: 41, end: 60 };
      },
    });
    expect(part).toMatchObject({ timeline: whole.timeline, decoded: whole.decoded, promised: whole.promised });
    expect(seen).toEqual([whole.timeline]);
    expect(await frameDigests(at(part.file))).toEqual((await frameDigests(at(whole.file))).slice(41, 60));
  },
);
