import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, expect } from 'vitest';
import { createUpscaler, type Upscaler, type UpscaleSignals } from '../../src/upscaler/client.js';
import type { UpscaledPart, UpscaleRequest } from '../../src/upscaler/protocol.js';
import { makeClip, scratchFolder } from '../support/media.js';
import { tinyModel } from '../support/models.js';
import { frameCount, makeRequest, rawFrames } from './support.js';

/** A clip of 25 frames, two nets, and an upscaler that is started for a test's first run and closed behind it. */
export const scratch = scratchFolder();
export const [width, height] = [50, 38];
export let clip: string;
export let source: Buffer;
let frames: number;
export let model: string;
export let slowModel: string;

beforeAll(async () => {
  clip = await makeClip(path.join(scratch, 'clip.mkv'), {
    size: `${width}x${height}`,
    seconds: 1,
    audioTracks: 0,
    video: ['-c:v', 'ffv1', '-pix_fmt', 'gbrp'],
  });
  source = await rawFrames(clip);
  frames = frameCount(source, width, height);
  model = await tinyModel(path.join(scratch, 'tiny.onnx'));
  slowModel = await tinyModel(path.join(scratch, 'slow.onnx'), { work: 24 });
  expect(frames).toBe(25);
});

export let upscaler: Upscaler | undefined;
afterEach(() => upscaler?.close());

let folders = 0;
export const newFolder = (): string => path.join(scratch, `parts-${folders++}`);
export const request = (changes: Parameters<typeof makeRequest>[1] = {}, file = model): Promise<UpscaleRequest> =>
  makeRequest({ clip, model: file, folder: newFolder(), width, height, frames }, changes);

interface Handling extends UpscaleSignals {
  onPart?: (part: UpscaledPart) => Promise<void> | void;
}

export async function run(what: UpscaleRequest, { onPart, ...signals }: Handling = {}) {
  upscaler ??= createUpscaler({ device: 'cpu' });
  const parts: UpscaledPart[] = [];
  const notices: string[] = [];
  const progress: number[] = [];
  const precisions: string[] = [];
  const outcome = await upscaler
    .run(
      what,
      {
        onPart: async (part) => {
          parts.push(part);
          await onPart?.(part);
        },
        onProgress: ({ frame, precision }) => {
          progress.push(frame);
          precisions.push(precision);
        },
        onNotice: (message) => {
          notices.push(message);
        },
      },
      signals,
    )
    .then(
      ({ frames: done }) => ({ done, error: undefined }),
      (error: unknown) => ({ done: undefined, error }),
    );
  return { ...outcome, parts, notices, progress, precisions };
}

export const ranges = (parts: UpscaledPart[]) => parts.map(({ start, end }) => [start, end]);
export const filesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name !== 'inferred')
    .sort();
