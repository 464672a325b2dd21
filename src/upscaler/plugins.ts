import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { ignoreUnreachable } from '../lib/systemErrors.js';
import { type Bundle, libraryOf } from '../runtime/bundle.js';
import type { PluginKind } from '../runtime/deviceWays.js';
import { OPENVINO_BUNDLE } from '../runtime/openvinoFiles.js';
import { type Found, probePlugin } from '../runtime/probed.js';
import { TENSORRT_RTX } from '../runtime/tensorrtRtxFiles.js';
import { WEBGPU } from '../runtime/webgpuFiles.js';

/** What has to be there before a plugin is asked, which takes a process of its own. */
const NEEDS: Record<PluginKind, { bundle: Bundle; intel?: KernelClass }> = {
  'openvino:gpu': { bundle: OPENVINO_BUNDLE, intel: 'drm' },
  'openvino:npu': { bundle: OPENVINO_BUNDLE, intel: 'accel' },
  'tensorrt-rtx': { bundle: TENSORRT_RTX },
  webgpu: { bundle: WEBGPU },
};

const asked = new Map<PluginKind, Promise<Found>>();

/** A plugin's devices of one kind; undefined where it was not set up, or there is no such hardware. */
export async function findByPlugin(kind: PluginKind): Promise<Found | undefined> {
  const { bundle, intel } = NEEDS[kind];
  if (libraryOf(bundle) === undefined || (intel && !(await hasIntel(intel)))) return undefined;
  const found = asked.get(kind) ?? probePlugin(kind);
  asked.set(kind, found);
  return found;
}

/** The kernel's names for graphics and for what only computes. */
type KernelClass = 'drm' | 'accel';

const INTEL = '0x8086';

/** Whether the kernel drives such hardware of Intel's. */
export async function hasIntel(kernelClass: KernelClass, classes = '/sys/class'): Promise<boolean> {
  const folder = path.join(classes, kernelClass);
  const names = (await readdir(folder).catch(ignoreUnreachable)) ?? [];
  const vendors = await Promise.all(
    names.map((name) => readFile(path.join(folder, name, 'device/vendor'), 'utf8').catch(ignoreUnreachable)),
  );
  return vendors.some((vendor) => vendor?.trim() === INTEL);
}
