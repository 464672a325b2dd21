import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileDigest } from '../../src/job/parts.js';
import { openRuntime } from '../../src/runtime/runtime.js';
import { ApiInference } from '../../src/upscaler/apiInference.js';
import type { FrameInference } from '../../src/upscaler/inference.js';
import type { NetworkRequest } from '../../src/upscaler/inferenceMessages.js';
import { ThreadInference } from '../../src/upscaler/threadInference.js';
import { scratchFolder } from '../support/media.js';
import { type TinyModelOptions, tinyModel } from '../support/models.js';

const folder = scratchFolder();
const [width, height] = [48, 34];
const ways: Record<string, () => Promise<FrameInference> | FrameInference> = {
  'the C API': async () => new ApiInference(await openRuntime(), { kind: 'cpu', id: 0 }),
  'the C API with two frames in flight': async () => new ApiInference(await openRuntime(), { kind: 'cpu', id: 0 }, 2),
  "onnxruntime-node's binding": () => new ThreadInference('cpu'),
};

async function request(options: TinyModelOptions, changes: Partial<NetworkRequest['model']> = {}) {
  const file = await tinyModel(path.join(folder, `${JSON.stringify(options).replaceAll(/\W+/g, '-')}.onnx`), options);
  const model = {
    file,
    digest: await fileDigest(file),
    scale: 2,
    precision: 'fp32',
    tile: 0,
    tilePad: 0,
    prePad: 0,
    pixels: 'rgb',
    alignment: 1,
    blend: 0,
    ...changes,
  } as const;
  return { model, bitDepth: 8, width, height } as const;
}

const picture = (n = 0): ArrayBuffer =>
  Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 151 + (i >> 4) + 17 * n) % 256).buffer;
const room = (): ArrayBuffer => new ArrayBuffer(12 * width * height);

describe.each(Object.entries(ways))('through %s', (_, start) => {
  let inference: FrameInference;
  const tiles: number[] = [];
  const notices: string[] = [];
  beforeAll(async () => {
    inference = await start();
    inference.listen({ onTile: ({ done }) => tiles.push(done), onNotice: (notice) => notices.push(notice) });
  });
  afterAll(() => {
    inference.stop();
  });

  it('frames are done in order, tile by tile', async () => {
    await inference.load(await request({ output: 'picture' }, { tile: 32, tilePad: 4 }));
    tiles.length = 0;
    const done: number[] = [];
    const frames = await Promise.all(
      [0, 1, 2].map(async (n) => {
        const frame = await inference.infer(picture(), room());
        done.push(n);
        return frame;
      }),
    );
    expect(done).toEqual([0, 1, 2]);
    const expected = [1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4];
    expect(inference.inFlight > 1 ? tiles.sort() : tiles).toEqual(inference.inFlight > 1 ? expected.sort() : expected);
    for (const { stopped, precision, output } of frames) {
      expect({ stopped, precision }).toEqual({ stopped: false, precision: 'fp32' });
      expect(new Uint8Array(output)[2 * width + 4]).toBe(new Uint8Array(picture())[2]);
    }
  });

  it('what waits behind a stop is given up, and the next model goes on', async () => {
    const slow = await request({ work: 24 });
    await inference.load(slow);
    const frames = [inference.infer(picture(), room()), inference.infer(picture(), room())];
    inference.stop();
    const results = await Promise.all(frames);
    expect(results.map(({ stopped }) => stopped)).toContain(true);
    expect(results[1]?.stopped).toBe(true);
    await inference.load(slow);
    expect((await inference.infer(picture(), room())).stopped).toBe(false);
  });

  it('half precision that gives black is left for fp32, with a notice', async () => {
    await inference.load(await request({ output: 'black in half' }, { precision: 'fp16' }));
    expect((await inference.infer(picture(), room())).precision).toBe('fp32');
    expect(notices.at(-1)).toMatch(/^in half precision \(fp16\) the model gives black pictures .*: going on in fp32$/);
  });

  it('a network of another scale than promised, and one that gives no numbers, are errors of the user', async () => {
    await inference.load(await request({ scale: 3 }));
    await expect(inference.infer(picture(), room())).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringContaining('does not enlarge by 2') as string,
    });
    await inference.load(await request({ output: 'nan' }));
    await expect(inference.infer(picture(), room())).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringContaining('not numbers (NaN)') as string,
    });
  });
});

it('a thousand frames take no more memory, also two at a time', async () => {
  const inference = new ApiInference(await openRuntime(), { kind: 'cpu', id: 0 }, 2);
  await inference.load(await request({ output: 'picture' }));
  const buffers = Array.from({ length: 3 }, () => ({ input: picture(), output: room() }));
  const run = async (frames: number): Promise<number> => {
    for (let n = 0; n < frames; n += buffers.length)
      await Promise.all(buffers.map(({ input, output }) => inference.infer(input, output)));
    return process.memoryUsage().rss;
  };
  const before = await run(200);
  // Pictures that stayed for each frame would take 24 MB.
  expect((await run(1000)) - before).toBeLessThan(12e6);
});

it('all ways give the same bytes in the same order', async () => {
  const network = await request({ output: 'filtered', work: 3 }, { tile: 32, tilePad: 4 });
  const results: Buffer[] = [];
  for (const start of Object.values(ways)) {
    const inference = await start();
    await inference.load(network);
    const frames = Array.from({ length: 9 }, (_, n) => inference.infer(picture(n), room()));
    results.push(Buffer.concat((await Promise.all(frames)).map(({ output }) => Buffer.from(output))));
  }
  for (const result of results) expect(result.equals(results[0] as Buffer)).toBe(true);
});

it('frames behind one that fp16 fails on are in fp32, though they were in flight at the same time', async () => {
  const inference = new ApiInference(await openRuntime(), { kind: 'cpu', id: 0 }, 2);
  const notices: string[] = [];
  inference.listen({ onTile: () => undefined, onNotice: (notice) => notices.push(notice) });
  await inference.load(await request({ output: 'black in half' }, { precision: 'fp16' }));
  // Black pictures may stay black, so only the third shows that the network cannot do it.
  const black = (): ArrayBuffer => new ArrayBuffer(3 * width * height);
  const frames = [black(), black(), picture(), black(), picture(), black()].map((frame) =>
    inference.infer(frame, room()),
  );
  const precisions = (await Promise.all(frames)).map(({ precision }) => precision);
  expect(precisions).toEqual(['fp16', 'fp16', 'fp32', 'fp32', 'fp32', 'fp32']);
  expect(notices).toHaveLength(1);
});
