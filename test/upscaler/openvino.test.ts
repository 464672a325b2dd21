import path from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openvinoExists, setUpOpenvino } from '../../src/runtime/openvinoFiles.js';
import { probeRuntime } from '../../src/runtime/probed.js';
import { createUpscaler, type Upscaler } from '../../src/upscaler/client.js';
import type { UpscaledPart, UpscaleRequest } from '../../src/upscaler/protocol.js';
import { makeClip, scratchFolder } from '../support/media.js';
import { tinyModel } from '../support/models.js';
import { decodeArgs, framesOfParts, makeRequest } from './support.js';

const scratch = scratchFolder();
const [width, height, frames] = [50, 38, 6];

describe.skipIf(!openvinoExists())('the upscaler by OpenVINO', () => {
  let clip: string;
  let model: string;
  let precision: 'fp32' | 'bf16';
  let upscaler: Upscaler | undefined;
  afterEach(() => upscaler?.close());
  beforeAll(async () => {
    await setUpOpenvino(() => undefined);
    const { openvino } = await probeRuntime();
    precision = 'bf16' in openvino && openvino.bf16 ? 'bf16' : 'fp32';
    clip = await makeClip(path.join(scratch, 'clip.mkv'), {
      size: `${width}x${height}`,
      seconds: 1,
      audioTracks: 0,
      video: ['-c:v', 'ffv1', '-pix_fmt', 'gbrp'],
    });
    model = await tinyModel(path.join(scratch, 'tiny.onnx'), { work: 3, output: 'filtered' });
  });

  let folders = 0;
  const request = (changes: Partial<UpscaleRequest['model']>): Promise<UpscaleRequest> =>
    makeRequest(
      { clip, model, folder: path.join(scratch, `parts-${folders++}`), width, height, frames },
      { decodeArgs: decodeArgs(clip, `trim=end_frame=${frames}`), model: { provider: 'openvino', ...changes } },
    );

  /** In a process of its own. */
  async function run(what: UpscaleRequest) {
    await upscaler?.close();
    upscaler = createUpscaler({ device: 'cpu' });
    const parts: UpscaledPart[] = [];
    const onPart = (part: UpscaledPart): Promise<void> => {
      parts.push(part);
      return Promise.resolve();
    };
    const ignore = (): void => undefined;
    const { frames: done } = await upscaler.run(what, { onPart, onProgress: ignore, onNotice: ignore });
    expect(done).toBe(frames);
    return { parts, pictures: await framesOfParts(what.partFolder, parts) };
  }

  it('gives the same bytes in every process, in the precision that was asked for', async () => {
    const whole = await run(await request({ precision }));
    expect(whole.parts.map((part) => part.precision)).toEqual([precision]);
    for (let n = 0; n < 3; n++)
      expect((await run(await request({ precision }))).pictures.equals(whole.pictures)).toBe(true);
    // Tiles of several sizes are prepared for once, those of one size each time that it changes.
    const tiled = await run(await request({ precision, tile: 32, tilePad: 6 }));
    expect(tiled.pictures.equals(whole.pictures)).toBe(true);
    const own = await run(await request({ provider: undefined, precision: 'fp32' }));
    expect(own.pictures.length).toBe(whole.pictures.length);
  });

  it('what makes the pictures is told for their parts', () => {
    upscaler = createUpscaler({ device: 'cpu' });
    expect(upscaler.versions({ provider: 'openvino' })['provider']).toBe('openvino');
    expect(upscaler.versions({})['provider']).toBe('cpu');
  });

  it('a precision that it does not have is refused', async () => {
    await expect(run(await request({ provider: undefined, precision: 'bf16' }))).rejects.toThrow(
      '--precision bf16 needs --device openvino:cpu',
    );
  });
});
