import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { UpscaleFlags } from '../../../src/client/job/flags.js';
import { resolveJob } from '../../../src/client/job/resolveJob.js';
import { recordJob } from '../../../src/client/job/submit.js';
import { jobKey, shortJob, upscaleKey } from '../../../src/job/keys.js';
import { jobLayout, resolveRooted } from '../../../src/job/layout.js';
import { replaceJson } from '../../../src/lib/durable.js';
import { UserError } from '../../../src/lib/errors.js';
import { loadConfig } from '../../../temporal.config.js';
import { makeClip, scratchFolder } from '../../support/media.js';
import { tinyModel } from '../../support/models.js';

const folder = scratchFolder();
const config = loadConfig({ REELSCALE_HOME: path.join(folder, 'home') });
let clip: string;
let other: string;
beforeAll(async () => {
  clip = await makeClip(path.join(folder, 'clip.mp4'), { seconds: 0.4, size: '64x48' });
  other = await makeClip(path.join(folder, 'other.mp4'), { seconds: 0.2, size: '64x48' });
});

let outputs = 0;
const newOutput = (): string => path.join(folder, `out${outputs++}.mp4`);

async function openJob(flags: UpscaleFlags, input = clip) {
  const { spec } = await resolveJob(input, flags, config);
  await recordJob(config, spec);
  return spec;
}

async function refusal(input: string, flags: UpscaleFlags): Promise<string> {
  const error: unknown = await resolveJob(input, flags, config).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  expect((error as Error).message).not.toContain('\n');
  return (error as Error).message;
}

it('a job without flags of its own has the documented defaults', async () => {
  const { spec, stored } = await resolveJob(clip, { preset: 'preview' }, config);
  expect(stored).toBeUndefined();
  expect(resolveRooted(config.roots, spec.output)).toBe(path.join(folder, 'clip.x4.mp4'));
  expect(spec).toMatchObject({
    method: { kind: 'filter', name: 'bicubic', scale: 4 },
    encode: { codec: 'h264', crf: 23, preset: 'fast' },
    checkpointFrames: 100,
    keepMezzanine: false,
    overwrite: false,
  });
  expect(spec.segmentFrames).toBeUndefined();
});

it('the result of a link is named after the link, and lies beside it', async () => {
  mkdirSync(path.join(folder, 'links'));
  const link = path.join(folder, 'links', 'film.mp4');
  symlinkSync('../clip.mp4', link);
  const { spec } = await resolveJob(link, { preset: 'preview' }, config);
  expect(resolveRooted(config.roots, spec.output)).toBe(path.join(folder, 'links', 'film.x4.mp4'));
  expect(resolveRooted(config.roots, spec.input)).toBe(clip);
  expect(
    (await resolveJob(clip, { preset: 'preview' }, config, { called: link })).spec.output,
    'also where only the caller knows the link',
  ).toEqual(spec.output);
});

it('resolving writes nothing beside the input', async () => {
  const before = readdirSync(folder)
    .filter((name) => name !== 'home')
    .sort();
  await resolveJob(clip, { preset: 'preview' }, config);
  expect(
    readdirSync(folder)
      .filter((name) => name !== 'home')
      .sort(),
  ).toEqual(before);
});

it('the same command means the same job', async () => {
  const flags: UpscaleFlags = { preset: 'preview', output: newOutput(), crf: 30 };
  const spec = await openJob(flags);
  const again = await resolveJob(clip, flags, config);
  expect(again.spec).toEqual(spec);
  expect(again.stored?.spec).toEqual(spec);
});

it('an unfinished job goes on as it was specified when flags are left out', async () => {
  const model = await tinyModel(path.join(folder, 'net.onnx'));
  const output = newOutput();
  const spec = await openJob({
    model,
    output,
    crf: 18,
    encoderPreset: 'medium',
    tile: 64,
    tilePad: 8,
    blend: 0.25,
    checkpointFrames: 7,
    segmentFrames: 5,
    keepMezzanine: true,
  });
  expect((await resolveJob(clip, { model, output }, config)).spec).toEqual(spec);
  expect((await resolveJob(clip, { model, output, crf: 18, tile: 64 }, config)).spec).toEqual(spec);
});

it('an unfinished job from before colours went around networks stays without: its parts are alike', async () => {
  const model = await tinyModel(path.join(folder, 'older.onnx'));
  const output = newOutput();
  const { spec } = await resolveJob(clip, { model, output }, config);
  if (spec.method.kind !== 'model') throw new Error('no model');
  expect(spec.method.outOfGamut).toBe('carried');
  const method = { ...spec.method };
  delete method.outOfGamut;
  const up = upscaleKey(spec.source.digest, method, spec.picture);
  const older = {
    ...spec,
    method,
    upscaleKey: up,
    jobKey: jobKey(up, spec.encode, spec.delivery, spec.input, spec.output),
  };
  await recordJob(config, older);
  expect((await resolveJob(clip, { model, output }, config)).spec).toEqual(older);
  expect((await resolveJob(clip, { output }, config)).spec).toEqual(older);
});

it('an unfinished job of a GPU stays in half precision, wherever its command is repeated', async () => {
  const model = await tinyModel(path.join(folder, 'gpu.onnx'));
  const output = newOutput();
  const spec = await openJob({ model, output, device: 'cuda:0' });
  expect(spec.method).toMatchObject({ precision: 'fp16' });
  for (const flags of [
    { output },
    { model, output, device: 'cpu' },
    { output, precision: 'auto' as const, tag: ['cpu'] },
  ]) {
    expect((await resolveJob(clip, flags, config)).spec).toEqual(spec);
  }
  expect(await refusal(clip, { model, output, device: 'cuda:0', precision: 'fp32' })).toContain(
    'already works on that output',
  );
});

it('an unfinished job goes on with no flag but the output, also where the default model is not here', async () => {
  const output = newOutput();
  const spec = await openJob({ model: 'lanczos', scale: 2, output, crf: 20 });
  expect((await resolveJob(clip, { output }, config)).spec).toEqual(spec);
});

it('other settings on the output of an unfinished job are refused, naming the job', async () => {
  const output = newOutput();
  const spec = await openJob({ preset: 'preview', output, crf: 20 });
  for (const flags of [
    { preset: 'preview', output, crf: 21 },
    { preset: 'preview', output, scale: 2 },
    { model: 'lanczos', output },
    { output, encoderPreset: 'slow' },
  ] as UpscaleFlags[]) {
    const said = await refusal(clip, flags);
    expect(said).toContain(`job ${shortJob(spec)} already works on that output`);
    expect(said).toContain('-o');
  }
});

it('another input is refused the output of an unfinished job', async () => {
  const output = newOutput();
  const spec = await openJob({ preset: 'preview', output });
  expect(await refusal(other, { preset: 'preview', output })).toContain(shortJob(spec));
});

it('of two jobs that ask for an output at the same time, the one that was faster keeps it', async () => {
  const output = newOutput();
  const [first, second] = await Promise.all(
    [20, 21].map(async (crf) => (await resolveJob(clip, { preset: 'preview', output, crf }, config)).spec),
  );
  await recordJob(config, first!);
  await expect(recordJob(config, second!)).rejects.toThrow(`job ${shortJob(first!)} already works on that output`);
});

it('a job that has ended leaves its output to the next', async () => {
  const output = newOutput();
  const spec = await openJob({ preset: 'preview', output });
  await replaceJson(jobLayout(config.roots, spec).state, {
    state: 'cancelled',
    message: 'cancelled',
    at: new Date().toISOString(),
  });
  const next = await openJob({ preset: 'preview', output, crf: 30 });
  expect(next.jobKey).not.toBe(spec.jobKey);
});

it('a file outside of the media root is refused', async () => {
  const media = path.join(folder, 'media');
  mkdirSync(media, { recursive: true });
  const narrow = loadConfig({ REELSCALE_HOME: path.join(folder, 'home'), REELSCALE_MEDIA_ROOT: media });
  await expect(resolveJob(clip, { preset: 'preview' }, narrow)).rejects.toThrow(/INPUT must lie below the media root/);
});

it('a part of a video is a job of its own, named after it, and goes on as the same command', async () => {
  const flags: UpscaleFlags = { preset: 'preview', from: 0.1, to: 0.3, crop: { width: 32, height: 32, x: 8, y: 4 } };
  const spec = await openJob(flags);
  expect(resolveRooted(config.roots, spec.output)).toBe(path.join(folder, 'clip.from0.1.to0.3.x4.mp4'));
  expect(spec.picture).toMatchObject({ range: { from: 0.1, to: 0.3 }, crop: flags.crop });
  expect((await resolveJob(clip, flags, config)).spec).toEqual(spec);
  expect(
    (await resolveJob(clip, { preset: 'preview', output: resolveRooted(config.roots, spec.output) }, config)).spec,
  ).toEqual(spec);
  const whole = (await resolveJob(clip, { preset: 'preview', from: 0 }, config)).spec;
  expect(whole.picture).toEqual({ deinterlace: 'auto', bitDepth: 8 });
  expect(whole.upscaleKey).not.toBe(spec.upscaleKey);
});

it('a part or a rectangle that the video does not have is refused', async () => {
  const refused = (flags: UpscaleFlags): Promise<string> =>
    refusal(clip, { preset: 'preview', output: newOutput(), ...flags });
  expect(await refused({ from: 1 })).toBe(`--from 0:01.000 is beyond the end: ${clip} lasts 0:00.400`);
  expect(await refused({ from: 0.1, to: 2 })).toBe(`--to 0:02.000 is beyond the end: ${clip} lasts 0:00.400`);
  expect(await refused({ from: 0.365 })).toBe(
    'no frame begins from 0.365 s on: choose another part with --from and --to',
  );
  expect(await refused({ crop: { width: 64, height: 48, x: 2, y: 0 } })).toBe(
    '--crop 64x48+2+0 is not within the picture, which is 64x48',
  );
  expect(await refused({ crop: { width: 32, height: 32, x: 1, y: 0 } })).toContain('choose 32x32+0+0');
});

it('where no borders are found, nothing is cut off, and that is said', async () => {
  const { spec, note } = await resolveJob(clip, { preset: 'preview', crop: 'auto' }, config);
  expect(note).toBe('--crop auto: no black borders found, nothing is cut off');
  expect(spec.upscaleKey).toBe((await resolveJob(clip, { preset: 'preview' }, config)).spec.upscaleKey);
});
