import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fileDigest } from '../../src/job/parts.js';
import type { ModelMethod } from '../../src/job/spec.js';
import { readTally, TALLY_FILE } from '../../src/job/tally.js';
import { argv } from '../../src/lib/argv.js';
import type { FrameSource } from '../../src/media/picture/frameSource.js';
import { createUpscaler } from '../../src/upscaler/client.js';
import { upscaleRequest } from '../../src/upscaler/upscaleRequest.js';
import { frameSource, pixels } from '../media/encodeSupport.js';
import { ffmpeg, scratchFolder } from '../support/media.js';
import { tinyModel } from '../support/models.js';

const folder = scratchFolder();
const upscaler = createUpscaler({ device: 'cpu' });
afterAll(() => upscaler.close());

const [WIDTH, HEIGHT] = [48, 32];

/** @returns the pictures of all parts, as samples of 4:2:0, and where the parts lie. */
async function upscaled(
  source: FrameSource,
  name: string,
  { checkpointFrames, carried }: { checkpointFrames: number; carried: boolean },
) {
  const parts = path.join(folder, name);
  await mkdir(parts);
  const file = await tinyModel(path.join(folder, 'x2.onnx'));
  const method: ModelMethod = {
    kind: 'model',
    name: 'tiny',
    file: { root: 'models', path: path.basename(file) },
    digest: await fileDigest(file),
    scale: 2,
    precision: 'fp32',
    tile: 32,
    tilePad: 2,
    prePad: 0,
    pixels: 'rgb',
    alignment: 1,
    blend: 0,
    ...(carried && { outOfGamut: 'carried' }),
  };
  const roots = { jobs: folder, media: '/', models: folder };
  const request = upscaleRequest({
    roots,
    method,
    source,
    start: 0,
    end: source.pts.length,
    folder: parts,
    checkpointFrames,
    checkpointSeconds: 60,
  });
  const made: Buffer[] = [];
  await upscaler.run(request, {
    onPart: async (part) => {
      made.push(await pixels(path.join(parts, part.file), 'yuv420p'));
    },
    onProgress: () => undefined,
    onNotice: (notice) => {
      throw new Error(notice);
    },
  });
  return { frames: Buffer.concat(made), parts, count: made.length };
}

test.each(['2', '600'])(
  'pictures and what goes around them stay side by side at %s frames a second; ffmpeg would read ahead for a rate',
  async (rate) => {
    const file = path.join(folder, `at${rate}.mkv`);
    await ffmpeg(
      ...argv`
        -f lavfi -i testsrc2=size=384x256:rate=${rate} -frames:v 12
        -vf format=yuv420p,geq=lum='4+N':cb=128:cr=128,setparams=colorspace=bt709 -c:v ffv1 ${file}
      `,
    );
    const { frames } = await upscaled(await frameSource(file), `at${rate}`, { checkpointFrames: 100, carried: true });
    expect(frames.length).toBe(12 * 4 * 384 * 256 * 1.5);
  },
);

test('what goes around a network is of each frame, even if it sees the one before, wherever parts end', async () => {
  // Luma below and above black; RGB holds none of the first four.
  const lumas = [4, 10, 10, 2, 90, 235];
  const file = path.join(folder, 'blacks.mkv');
  const luma = lumas.map((value, i) => `eq(N,${i})*${value}`).join('+');
  await ffmpeg(
    ...argv`
      -f lavfi -i color=gray:size=${WIDTH}x${HEIGHT}:rate=25 -frames:v ${lumas.length}
      -vf format=yuv420p,geq=lum='${luma}':cb=128:cr=128,setparams=colorspace=bt709 -c:v ffv1 ${file}
    `,
  );
  const source = await frameSource(file);
  const whole = await upscaled(source, 'whole', { checkpointFrames: 100, carried: true });
  const large = 4 * WIDTH * HEIGHT;
  const lumaOf = (frames: Buffer) =>
    lumas.map((_, i) => [...new Set(frames.subarray(i * large * 1.5, i * large * 1.5 + large))]);
  expect(lumaOf(whole.frames)).toEqual(lumas.map((value) => [value]));
  expect(await readTally(path.join(whole.parts, TALLY_FILE))).toEqual({ inferred: 3, repeated: 3 });

  const pieces = await upscaled(source, 'pieces', { checkpointFrames: 2, carried: true });
  expect([whole.count, pieces.count]).toEqual([1, 3]);
  expect(pieces.frames.equals(whole.frames)).toBe(true);

  // A job from before there was a way cuts them off, as it did.
  expect(lumaOf((await upscaled(source, 'older', { checkpointFrames: 100, carried: false })).frames)).toEqual([
    [16],
    [16],
    [16],
    [16],
    [90],
    [235],
  ]);
});
