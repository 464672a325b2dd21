import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { FrameReader } from '../../src/upscaler/frameReader.js';

const bytes = Uint8Array.from({ length: 30 }, (_, i) => i + 1);

async function frames(sizes: number[], frameSize: number): Promise<{ frames: number[][]; rest: number }> {
  let at = 0;
  const chunks = sizes.map((size) => Buffer.from(bytes.subarray(at, (at += size))));
  const reader = new FrameReader(Readable.from(chunks, { objectMode: false }));
  const read: number[][] = [];
  for (;;) {
    const target = new Uint8Array(frameSize);
    const filled = await reader.read(target);
    if (filled < frameSize) return { frames: read, rest: filled };
    read.push([...target]);
  }
}

test.each([
  ['one byte at a time', Array<number>(30).fill(1)],
  ['cut in the middle of frames', [7, 11, 2, 10]],
  ['many frames in one chunk', [30]],
  ['exactly at frames', [10, 20]],
])('frames are whole however the chunks fall: %s', async (_, sizes) => {
  const whole = [0, 1, 2].map((frame) => [...bytes.subarray(frame * 10, frame * 10 + 10)]);
  expect(await frames(sizes, 10)).toEqual({ frames: whole, rest: 0 });
});

test('a piece of a frame at the end is told apart', async () => {
  expect(await frames([4, 4, 9], 8)).toEqual({
    frames: [[...bytes.subarray(0, 8)], [...bytes.subarray(8, 16)]],
    rest: 1,
  });
});
