import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { bundlesExist, setUpBundle } from '../../src/runtime/bundle.js';
import { probePlugin, requireDevice } from '../../src/runtime/probed.js';
import { WEBGPU } from '../../src/runtime/webgpuFiles.js';
import { createUpscaler, type Upscaler } from '../../src/upscaler/client.js';
import { deviceTags, discoverDevices } from '../../src/upscaler/devices.js';
import type { UpscaledPart, UpscaleRequest } from '../../src/upscaler/protocol.js';
import { makeClip, scratchFolder } from '../support/media.js';
import { tinyModel } from '../support/models.js';
import { decodeArgs, framesOfParts, makeRequest } from './support.js';

/** A GPU in software, which comes with Debian's chromium; Debian's own (lavapipe) is refused by the plugin. */
const SWIFTSHADER = ['/usr/lib/chromium', '/usr/lib64/chromium-browser', '/opt/google/chrome']
  .map((folder) => path.join(folder, 'vk_swiftshader_icd.json'))
  .find((file) => existsSync(file));
const scratch = scratchFolder();
const [width, height, frames] = [40, 32, 4];

describe.skipIf(!bundlesExist())('WebGPU', () => {
  beforeAll(async () => {
    await setUpBundle(WEBGPU, () => undefined);
    vi.stubEnv('ORT_WEBGPU_EP_ALLOW_SOFTWARE_ADAPTER', '1');
  });
  afterEach(() => vi.unstubAllEnvs());
  afterAll(() => vi.unstubAllEnvs());

  it('without a Vulkan driver it is one clear line', async () => {
    vi.stubEnv('ORT_WEBGPU_EP_ALLOW_SOFTWARE_ADAPTER', '1');
    vi.stubEnv('VK_ICD_FILENAMES', '/nowhere');
    vi.stubEnv('VK_DRIVER_FILES', '/nowhere');
    await expect(requireDevice('webgpu:0')).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(
        /^webgpu:0 cannot be used \(.*\): run npm run setup:webgpu, and check the Vulkan driver$/,
      ) as string,
    });
  });

  it('its tag is not that of any GPU, whose jobs are for CUDA', () => {
    expect(deviceTags('webgpu:1')).toEqual(['webgpu:1']);
  });

  describe.skipIf(SWIFTSHADER === undefined)('by a GPU in software (skipped where chromium brings none)', () => {
    let clip: string;
    let model: string;
    let upscaler: Upscaler | undefined;
    beforeAll(async () => {
      clip = await makeClip(path.join(scratch, 'clip.mkv'), {
        size: `${width}x${height}`,
        seconds: 1,
        audioTracks: 0,
        video: ['-c:v', 'ffv1', '-pix_fmt', 'gbrp'],
      });
      model = await tinyModel(path.join(scratch, 'tiny.onnx'), { work: 3, output: 'filtered' });
    });
    afterEach(() => upscaler?.close());

    let folders = 0;
    async function run(device: string, changes: Partial<UpscaleRequest['model']>) {
      vi.stubEnv('ORT_WEBGPU_EP_ALLOW_SOFTWARE_ADAPTER', '1');
      vi.stubEnv('VK_ICD_FILENAMES', SWIFTSHADER ?? '');
      const what = await makeRequest(
        { clip, model, folder: path.join(scratch, `parts-${folders++}`), width, height, frames },
        { decodeArgs: decodeArgs(clip, `trim=end_frame=${frames}`), model: changes },
      );
      await upscaler?.close();
      upscaler = createUpscaler({ device });
      const parts: UpscaledPart[] = [];
      const notices: string[] = [];
      await upscaler.run(what, {
        onPart: (part) => {
          parts.push(part);
          return Promise.resolve();
        },
        onProgress: () => undefined,
        onNotice: (notice) => notices.push(notice),
      });
      const versions = upscaler.versions(what.model);
      return { parts, notices, versions, pictures: await framesOfParts(what.partFolder, parts) };
    }

    it('is found, and tried', async () => {
      vi.stubEnv('ORT_WEBGPU_EP_ALLOW_SOFTWARE_ADAPTER', '1');
      vi.stubEnv('VK_ICD_FILENAMES', SWIFTSHADER ?? '');
      const found = await probePlugin('webgpu');
      expect(found).toEqual({ devices: [{ device: 'webgpu:0', label: expect.stringMatching(/./) as string }] });
      await requireDevice('webgpu:0');
      await expect(requireDevice('webgpu:7')).rejects.toThrow(
        'webgpu:7 cannot be used (WebGPU finds no GPU number 7)',
      );
      expect((await discoverDevices()).map(({ device }) => device)).toContain('webgpu:0');
    });

    it('gives the pictures of the CPU, and the same bytes in every process', async () => {
      const own = await run('cpu', {});
      const first = await run('webgpu:0', { provider: 'webgpu' });
      const again = await run('webgpu:0', { provider: 'webgpu' });
      expect(again.pictures.equals(first.pictures)).toBe(true);
      expect(first.versions['provider']).toBe('webgpu');
      expect(first.parts.map(({ precision }) => precision)).toEqual(['fp32']);
      expect(first.pictures.length).toBe(own.pictures.length);
      const most = own.pictures.reduce(
        (found, sample, i) => Math.max(found, Math.abs(sample - (first.pictures[i] ?? 0))),
        0,
      );
      expect(most).toBeLessThanOrEqual(1);
    });

    it('half precision that it does not have is left for fp32, with a notice', async () => {
      const { notices, parts } = await run('webgpu:0', { provider: 'webgpu', precision: 'fp16' });
      expect(parts.map(({ precision }) => precision)).toEqual(['fp32']);
      expect(notices).toEqual([expect.stringContaining('does not support it') as string]);
    });

    it('jobs of other devices, and precisions that it lacks, are refused', async () => {
      await expect(run('webgpu:0', {})).rejects.toThrow(
        'the job is for cuda:N, and its tags led it to a worker of webgpu:N',
      );
      await expect(run('cpu', { provider: 'webgpu' })).rejects.toThrow(
        'the job is for webgpu:N, and its tags led it to a worker of cpu',
      );
      await expect(run('webgpu:0', { provider: 'webgpu', precision: 'bf16' })).rejects.toThrow(
        '--precision bf16 needs --device openvino:cpu: webgpu:N computes in fp16 or fp32',
      );
    });
  });
});
