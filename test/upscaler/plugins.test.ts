import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openvinoExists, setUpOpenvino } from '../../src/runtime/openvinoFiles.js';
import { requireDevice } from '../../src/runtime/probed.js';
import { deviceTags, discoverDevices } from '../../src/upscaler/devices.js';
import { findByPlugin, hasIntel } from '../../src/upscaler/plugins.js';
import { scratchFolder } from '../support/media.js';

const classes = scratchFolder();

it("hardware of Intel's is told from that of others by what the kernel says", async () => {
  const hardware = (name: string, vendor: string | undefined): void => {
    mkdirSync(path.join(classes, name, 'device'), { recursive: true });
    if (vendor !== undefined) writeFileSync(path.join(classes, name, 'device/vendor'), vendor);
  };
  expect(await hasIntel('drm', classes)).toBe(false);
  hardware('drm/renderD128', '0x10de\n');
  hardware('drm/card0-DP-1', undefined);
  expect(await hasIntel('drm', classes)).toBe(false);
  hardware('drm/renderD129', '0x8086\n');
  expect(await hasIntel('drm', classes)).toBe(true);
  expect(await hasIntel('accel', classes)).toBe(false);
});

it("what a plugin finds serves its own queue only, since jobs of any GPU are CUDA's", () => {
  for (const device of ['openvino:gpu:1', 'openvino:npu', 'tensorrt-rtx:0'])
    expect(deviceTags(device)).toEqual([device]);
});

const intel = await hasIntel('accel');

describe.skipIf(!openvinoExists() || intel)('without an NPU of Intel', () => {
  beforeAll(async () => {
    await setUpOpenvino(() => undefined);
  });

  it('nobody is asked for it, and no worker is started for it', async () => {
    expect(await findByPlugin('openvino:npu')).toBeUndefined();
    expect((await discoverDevices()).map(({ device }) => device)).not.toContain('openvino:npu');
  });

  it('who wants it has one clear line', async () => {
    await expect(requireDevice('openvino:npu')).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringMatching(
        /^openvino:npu cannot be used \(OpenVINO finds no NPU of Intel\): run npm run setup:openvino, and check/,
      ) as string,
    });
  });
});
