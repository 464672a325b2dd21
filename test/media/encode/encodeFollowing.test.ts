import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { encodeFromParts, type MezzaninePart } from '../../../src/media/encode/encode.js';
import { encodeFollowing } from '../../../src/media/encode/encodeFollowing.js';
import { scratchFolder } from '../../support/media.js';
import { fastEncode, mezzanineParts } from '../encodeSupport.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);
const encode = { codec: 'h264', crf: 23, preset: 'fast', threads: 3 } as const;

/** As parts that become durable one after the other. */
async function* slowly(parts: readonly MezzaninePart[]) {
  for (const part of parts) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    yield part;
  }
}

describe('an encode that follows the upscale', () => {
  it.each([8, 10] as const)('gives the bytes of one with all parts on the disk: %i bits', async (bitDepth) => {
    const { request } = await mezzanineParts(folder, `parts${bitDepth}`, [13, 21, 16], bitDepth);
    const range = { ...request, bitDepth, start: 105, end: 140, encode };
    await encodeFromParts({ ...range, output: at('behind.mp4') });
    await encodeFollowing({ ...range, parts: () => slowly(request.parts), output: at('follows.mp4') });
    expect((await readFile(at('follows.mp4'))).equals(await readFile(at('behind.mp4')))).toBe(true);
  });

  it('fails with what the parts fail with', async () => {
    const { request } = await mezzanineParts(folder, 'fails', [20]);
    async function* parts() {
      yield* slowly(request.parts);
      throw new Error('no more parts come');
    }
    const target = { ...request, start: 100, end: 130, encode: fastEncode, output: at('fails.mp4') };
    await expect(encodeFollowing({ ...target, parts })).rejects.toThrow('no more parts come');
  });

  it('does not take fewer frames for all', async () => {
    const { request } = await mezzanineParts(folder, 'few', [20]);
    const target = { ...request, start: 100, end: 130, encode: fastEncode, output: at('few.mp4') };
    await expect(encodeFollowing({ ...target, parts: () => slowly(request.parts) })).rejects.toThrow(
      '20 frames instead of 30',
    );
  });

  it('waits no longer for parts when its encoder has died', async () => {
    const { request } = await mezzanineParts(folder, 'dead', [20]);
    async function* parts(signal: AbortSignal) {
      yield* slowly(request.parts);
      await new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          reject(new Error('told to end'));
        });
      });
    }
    // An output that cannot be written.
    const target = { ...request, start: 100, end: 130, encode: fastEncode, output: at('nowhere/dead.mp4') };
    await expect(encodeFollowing({ ...target, parts })).rejects.toThrow(/No such file/);
  });

  it('ends when it is asked to', async () => {
    const { request } = await mezzanineParts(folder, 'ends', [20]);
    const controller = new AbortController();
    async function* parts() {
      yield* slowly(request.parts);
      controller.abort(new Error('enough'));
      yield* slowly(request.parts);
    }
    const target = { ...request, start: 100, end: 130, encode: fastEncode, output: at('ends.mp4') };
    await expect(encodeFollowing({ ...target, parts, signal: controller.signal })).rejects.toThrow('enough');
  });
});
