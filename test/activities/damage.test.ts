import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { execa, execaSync } from 'execa';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createControlActivities, createEncodeActivities } from '../../src/activities/index.js';
import { jobLayout, type Roots } from '../../src/job/layout.js';
import { commitPart, fileDigest } from '../../src/job/parts.js';
import { planSchema } from '../../src/job/plan.js';
import { type JobSpec, jobSpecSchema } from '../../src/job/spec.js';
import { publishKept, replaceKept } from '../../src/lib/durable.js';
import { makeClip, scratchFolder } from '../support/media.js';
import { filterSpec } from '../support/spec.js';

const FRAMES = 50;
const folder = scratchFolder();
const clip = path.join(folder, 'clip.mp4');
let roots: Roots;
let spec: JobSpec;
let count = 0;
beforeAll(async () => {
  await makeClip(clip, {
    seconds: FRAMES / 25,
    size: '64x48',
    video: ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '25', '-pix_fmt', 'yuv420p'],
  });
});

/** A recorded job of a state folder of its own. */
beforeEach(async () => {
  const home = path.join(folder, String(count++));
  mkdirSync(home);
  roots = { jobs: path.join(home, 'jobs'), models: path.join(home, 'models'), media: folder };
  const { size, mtimeMs } = statSync(clip);
  spec = filterSpec({
    input: { root: 'media', path: 'clip.mp4' },
    output: { root: 'media', path: `${count}.mp4` },
    source: { size, mtimeMs, digest: await fileDigest(clip) },
    method: { kind: 'filter', name: 'bicubic', scale: 1 },
    picture: { deinterlace: 'off' },
    encode: { codec: 'h264', crf: 30, preset: 'ultrafast', threads: 1 },
    tags: ['cpu'],
    segmentFrames: FRAMES,
    createdAt: '2026-01-01T00:00:00Z',
  });
  const layout = jobLayout(roots, spec);
  for (const each of [layout.job, layout.upscaled]) mkdirSync(each, { recursive: true });
  await publishKept(layout.spec, spec);
});

const run = <R>(activity: () => Promise<R>): Promise<R> => new MockActivityEnvironment().run(activity);
const deps = () => ({
  roots,
  shutdown: new AbortController().signal,
  checkpointSeconds: 60,
  minFreeBytes: 0,
  backlogBytes: 1e9,
});
const ref = () => ({ jobKey: spec.jobKey, upscaleKey: spec.upscaleKey, from: 'source' as const });
const control = () => createControlActivities(deps());
const encode = () => run(() => createEncodeActivities(deps()).encodeSegment({ ...ref(), segment: 0 }));

async function planned(): Promise<void> {
  await run(() => control().probe(ref()));
  await run(() => control().planSegments({ ...ref(), devices: 1 }));
}

async function joined(): Promise<void> {
  await planned();
  await encode();
  await run(() => control().concatSegments(ref()));
}

async function delivered() {
  await joined();
  await run(() => control().mergeAudio(ref()));
  await run(() => control().verifyDeliverable(ref()));
  return run(() => control().publish({ ...ref(), startedAt: Date.now(), reusedFrames: 0 }));
}

function flip(file: string): void {
  const bytes = readFileSync(file);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] as number) ^ 0x15;
  writeFileSync(file, bytes);
}

const digest = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

describe('encoded parts', () => {
  it('behind a damaged one stay however old they are, and only the damaged one is encoded again', async () => {
    await planned();
    const { plan } = jobLayout(roots, spec).planned('source');
    await replaceKept(plan, { ...planSchema.parse(JSON.parse(readFileSync(plan, 'utf8'))), encodePartFrames: 20 });
    expect(await encode()).toEqual({ reused: 0 });
    const parts = jobLayout(roots, spec).encoded('source', 0);
    const before = new Map(
      readdirSync(parts)
        .filter((name) => name.endsWith('.mp4'))
        .map((name) => [name, digest(path.join(parts, name))]),
    );
    expect(before.size).toBe(3);
    const record = JSON.parse(readFileSync(path.join(parts, '000000020.json'), 'utf8')) as { file: string };
    flip(path.join(parts, record.file));
    const hourAgo = Date.now() / 1000 - 3600;
    for (const name of before.keys()) utimesSync(path.join(parts, name), hourAgo, hourAgo);
    await expect(run(() => control().concatSegments(ref()))).rejects.toThrow(
      'frames 20 to 39 was changed on the disk',
    );
    expect(await encode()).toEqual({ reused: FRAMES - 20 });
    const after = new Map(
      readdirSync(parts)
        .filter((name) => name.endsWith('.mp4'))
        .map((name) => [name, digest(path.join(parts, name))]),
    );
    expect([...before.keys()].filter((name) => after.has(name))).toHaveLength(2);
    expect([...after.values()].sort()).toEqual([...before.values()].sort());
    await run(() => control().concatSegments(ref()));
  });
});

describe('a flipped byte in a record', () => {
  it.each(['scan', 'timeline', 'plan', 'job'])(
    'of %s.json makes no difference to a job that is at work',
    async (name) => {
      await planned();
      const layout = jobLayout(roots, spec);
      const file = {
        scan: layout.scan,
        timeline: layout.planned('source').timeline,
        plan: layout.planned('source').plan,
        job: layout.spec,
      }[name] as string;
      const before = readFileSync(file, 'utf8');
      flip(file);
      expect(await encode()).toEqual({ reused: 0 });
      expect(readFileSync(file, 'utf8')).toBe(before);
      expect(existsSync(`${file}.damaged`)).toBe(true);
    },
  );

  it('of the plan and its copy is said with the name, and the same command makes the same plan again', async () => {
    await planned();
    const { plan } = jobLayout(roots, spec).planned('source');
    const before = readFileSync(plan, 'utf8');
    for (const file of [plan, `${plan}.copy`]) flip(file);
    await expect(encode()).rejects.toThrow(`${plan} is damaged`);
    await planned();
    expect(readFileSync(plan, 'utf8')).toBe(before);
  });

  it("of video.json repeats the job's stages; of what was merged and verified it makes no difference", async () => {
    await joined();
    const layout = jobLayout(roots, spec);
    const merge = () => run(() => control().mergeAudio(ref()));
    const verify = () => run(() => control().verifyDeliverable(ref()));
    const publish = () => run(() => control().publish({ ...ref(), startedAt: Date.now(), reusedFrames: 0 }));
    flip(layout.video);
    await expect(merge()).rejects.toMatchObject({ type: 'PartDamaged' });
    await run(() => control().concatSegments(ref()));
    await merge();
    flip(layout.merged);
    await verify();
    flip(layout.verified);
    expect((await publish()).frames).toBe(FRAMES);
  });
});

describe('a byte that changes while ffmpeg reads the file', () => {
  const search = process.env['PATH'] ?? '';
  const ffmpeg = execaSync('which', ['ffmpeg']).stdout;
  afterEach(() => {
    process.env['PATH'] = search;
  });

  /** The next ffmpeg that is started changes the file's last byte first. */
  function changeWhileRead(file: string): void {
    const bin = path.join(folder, `bin${count}`);
    mkdirSync(bin);
    const script =
      `#!/bin/sh\nif [ -e '${bin}/armed' ]; then rm '${bin}/armed'; ` +
      `printf '\\125' | dd of='${file}' bs=1 seek=${statSync(file).size - 1} conv=notrunc 2>/dev/null; fi\n` +
      `exec '${ffmpeg}' "$@"\n`;
    writeFileSync(path.join(bin, 'ffmpeg'), script);
    writeFileSync(path.join(bin, 'armed'), '');
    chmodSync(path.join(bin, 'ffmpeg'), 0o755);
    process.env['PATH'] = `${bin}${path.delimiter}${search}`;
  }

  const mediaIn = (parts: string, ending: string): string[] =>
    readdirSync(parts)
      .filter((name) => name.endsWith(ending))
      .map((name) => path.join(parts, name));

  it('is found behind the encode of an upscaled part, which is made again', async () => {
    const layout = jobLayout(roots, spec);
    await planned();
    await replaceKept(
      layout.spec,
      jobSpecSchema.parse({
        ...spec,
        method: {
          kind: 'model',
          name: 'a',
          file: { root: 'models', path: 'a.onnx' },
          digest: '0'.repeat(64),
          scale: 1,
          precision: 'fp32',
          tile: 0,
          tilePad: 0,
          prePad: 0,
        },
      }),
    );
    const parts = layout.planned('source').parts(0);
    for (const each of [parts, roots.models]) mkdirSync(each);
    const file = path.join(parts, 'aa.nut');
    await execa(ffmpeg, ['-v', 'error', '-i', clip, '-c:v', 'rawvideo', file]);
    await commitPart(parts, {
      start: 0,
      end: FRAMES,
      file: 'aa.nut',
      bytes: statSync(file).size,
      sha256: await fileDigest(file),
      tools: {},
    });
    changeWhileRead(file);
    await expect(encode()).rejects.toMatchObject({
      type: 'PartDamaged',
      message: expect.stringContaining('frames 0 to 49 was changed on the disk') as string,
    });
    expect(readdirSync(parts)).toEqual([]);
    expect(mediaIn(layout.encoded('source', 0), '.mp4')).toEqual([]);
  });

  it('is found behind the merge of the joined video, which is joined again', async () => {
    const layout = jobLayout(roots, spec);
    await joined();
    changeWhileRead(mediaIn(layout.job, '.mp4')[0] as string);
    await expect(run(() => control().mergeAudio(ref()))).rejects.toMatchObject({ type: 'PartDamaged' });
    expect(readdirSync(folder).filter((name) => name.startsWith('.reelscale-aaaaaaaa-'))).toEqual([]);
    process.env['PATH'] = search;
    await run(() => control().concatSegments(ref()));
    await run(() => control().mergeAudio(ref()));
  });
});

it('a check keeps its stills in the folder of the job, and removes those of one that was killed', async () => {
  await joined();
  await run(() => control().mergeAudio(ref()));
  const { job, verifiedPage } = jobLayout(roots, spec);
  const left = path.join(job, 'reelscale-stills-AbCdEf');
  mkdirSync(path.join(left, 'output'), { recursive: true });
  const before = process.env['TMPDIR'];
  // Nothing can be made in there.
  process.env['TMPDIR'] = path.join(folder, 'none');
  try {
    await run(() => control().verifyDeliverable(ref()));
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
  expect(readFileSync(verifiedPage, 'utf8')).toContain('data:image/jpeg');
  expect(readdirSync(job).filter((name) => name.startsWith('reelscale-stills'))).toEqual([]);
});

it('a publish that died behind its report removes the rest when it is tried again', async () => {
  const layout = jobLayout(roots, spec);
  const report = await delivered();
  // As after a kill between the report and the clean-up.
  const hidden = path.join(folder, `.reelscale-${spec.jobKey.slice(0, 8)}-00.mp4`);
  copyFileSync(report.output, hidden);
  mkdirSync(layout.encoded('source', 0), { recursive: true });
  mkdirSync(layout.planned('source').parts(0));
  writeFileSync(path.join(layout.planned('source').parts(0), 'inferred'), '...');
  expect(await run(() => control().publish({ ...ref(), startedAt: Date.now(), reusedFrames: 0 }))).toEqual(report);
  expect(existsSync(hidden)).toBe(false);
  expect(existsSync(layout.encodedRoot('source'))).toBe(false);
  expect(existsSync(path.join(layout.planned('source').parts(0), 'inferred'))).toBe(false);
});
