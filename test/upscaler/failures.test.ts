import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createUpscaler } from '../../src/upscaler/client.js';
import {
  clip,
  filesIn,
  height,
  model,
  ranges,
  request,
  run,
  scratch,
  slowModel,
  source,
  upscaler,
  width,
} from './onClip.js';
import { decodeArgs, encodeArgs, enlarged, framesOfParts, inferredFrames } from './support.js';

test('a decoder that gives fewer frames is a mismatch, and whole parts stay', async () => {
  const what = await request({ firstFrame: 100, frames: 30 });
  const { error, parts } = await run(what);
  expect(error).toMatchObject({
    name: 'SegmentMismatch',
    message: '30 frames from frame 100 on were asked for, but the decoder gave 25',
  });
  expect(ranges(parts)).toEqual([
    [100, 110],
    [110, 120],
  ]);
  expect(filesIn(what.partFolder)).toEqual(parts.map(({ file }) => file).sort());
});

test('a decoder that gives more frames is a mismatch', async () => {
  const { error } = await run(await request({ frames: 12 }));
  expect(error).toMatchObject({
    name: 'SegmentMismatch',
    message: '12 frames from frame 0 on were asked for, but the decoder gave more than 12',
  });
});

test('a decoder that fails says why', async () => {
  const broken = path.join(scratch, 'broken.mkv');
  writeFileSync(broken, 'no film at all');
  const { error } = await run(await request({ decodeArgs: decodeArgs(broken) }));
  expect(error).toMatchObject({ name: 'SegmentMismatch' });
  // Where the name stands differs from version to version.
  expect(String(error)).toMatch(/the decoder gave 0 (?=.*broken\.mkv).*Invalid data found/s);
  // A source that is away says nothing about its frames.
  const { error: away } = await run(await request({ decodeArgs: decodeArgs(path.join(scratch, 'missing.mkv')) }));
  expect(away).toMatchObject({
    name: 'WorldError',
    message: expect.stringMatching(/(?=.*missing\.mkv).*No such file or directory/s) as string,
  });
});

test('a decoder that complains after all its frames has done its work', async () => {
  const failing = ['-map', '0:v:0', '-frames:v', '1', '-c:v', 'copy', '-f', 'nut', '/dev/full'];
  const { done, error } = await run(await request({ decodeArgs: ['-y', ...decodeArgs(clip), ...failing] }));
  expect(error).toBeUndefined();
  expect(done).toBe(25);
});

test('an encoder that dies is an error of the world with what it said', async () => {
  const { error, parts } = await run(
    await request({
      encodeArgs: encodeArgs(width * 2, height * 2).map((arg) => (arg === 'utvideo' ? 'nosuchcodec' : arg)),
    }),
  );
  expect(error).toMatchObject({ name: 'WorldError' });
  expect(String(error)).toContain("Unknown encoder 'nosuchcodec'");
  expect(parts).toEqual([]);
});

test('an encoder that cannot write its last bytes is a full disk, though it ends as if all were well', async () => {
  const full = [...encodeArgs(width * 2, height * 2), '/dev/full', '-map', '0:v', '-c:v', 'utvideo', '-f', 'nut'];
  const { error, parts } = await run(await request({ encodeArgs: ['-y', ...full], checkpointFrames: 1 }));
  expect(error).toMatchObject({ name: 'DiskFull' });
  expect(parts).toEqual([]);
});

test('a part folder that is gone is an error of the world', async () => {
  const { error } = await run(await request({ partFolder: path.join(scratch, 'never-made') }));
  expect(error).toMatchObject({ name: 'WorldError' });
});

test('a model with another scale than promised is refused', async () => {
  const { error } = await run(await request({ model: { scale: 4 } }));
  expect(error).toMatchObject({ name: 'UserError', message: 'the model tiny.onnx does not enlarge by 4' });
});

test('a model file that was changed, is missing, or is no model is refused', async () => {
  const changed = await run(await request({ model: { digest: '0'.repeat(64) } }));
  expect(changed.error).toMatchObject({
    name: 'UserError',
    message: `the model ${model} was changed since the job was made`,
  });
  const missing = await run(await request({ model: { file: '/nowhere/x.onnx' } }));
  expect(missing.error).toMatchObject({
    name: 'UserError',
    message: expect.stringContaining('/nowhere/x.onnx is not on this host') as string,
  });
  const text = path.join(scratch, 'text.onnx');
  writeFileSync(text, 'not a network');
  const wrong = await run(await request({}, text));
  expect(wrong.error).toMatchObject({
    name: 'UserError',
    message: expect.stringContaining('text.onnx cannot be used') as string,
  });
});

test('a device that is not there is an error of the user, not a silent fall back to the CPU', async () => {
  expect(() => createUpscaler({ device: 'gpu' })).toThrow(
    /^gpu is not a device: use cpu, .*cuda:N, tensorrt-rtx:N or webgpu:N$/,
  );
  const cuda = createUpscaler({ device: 'cuda:97' });
  try {
    const nothing = () => undefined;
    await expect(
      cuda.run(await request(), { onPart: () => Promise.resolve(), onProgress: nothing, onNotice: nothing }),
    ).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(
        /^cuda:97 cannot be used \(.+\): run npm run setup:cuda, and check the NVIDIA driver$/,
      ) as string,
    });
  } finally {
    await cuda.close();
  }
});

test('kill -9 of the process fails the run, and the next one goes on behind its parts', async () => {
  const what = await request({ checkpointFrames: 3 }, slowModel);
  let children: string[] = [];
  const kill = (): void => {
    const pid = upscaler?.pid ?? 0;
    children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    process.kill(pid, 'SIGKILL');
  };
  const first = await run(what, { onPart: kill });
  expect(first.error).toMatchObject({ name: 'WorldError', message: expect.stringContaining('SIGKILL') as string });
  const next = first.parts.at(-1)?.end ?? 0;
  expect(next).toBeGreaterThanOrEqual(3);
  expect(children.length).toBeGreaterThanOrEqual(1);
  await expect.poll(() => children.filter((child) => existsSync(`/proc/${child}/fd/0`))).toEqual([]);

  const second = await run({
    ...what,
    firstFrame: next,
    frames: 25 - next,
    decodeArgs: decodeArgs(clip, `trim=start_frame=${next}`),
  });
  expect(second.done).toBe(25 - next);
  const all = [...first.parts, ...second.parts];
  expect((await framesOfParts(what.partFolder, all)).equals(enlarged(source, width, height, 2))).toBe(true);
  // At most one part and the one that was being committed are inferred twice.
  expect(inferredFrames(what.partFolder)).toBeLessThanOrEqual(25 + 2 * 3);
});

test('a process that was killed between runs is replaced', async () => {
  await run(await request());
  const before = upscaler?.pid ?? 0;
  process.kill(before, 'SIGKILL');
  while (upscaler?.pid === before) await new Promise((resolve) => setTimeout(resolve, 10));
  expect((await run(await request())).done).toBe(25);
});
