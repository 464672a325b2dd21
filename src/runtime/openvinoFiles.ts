import { type Bundle, bundlesExist, folderOf, libraryOf, setUpBundle } from './bundle.js';

/** ONNX Runtime's plugin for OpenVINO (MIT), for ONNX Runtime from 1.23 on. */
export const OPENVINO = {
  package: 'onnxruntime-ep-openvino',
  version: '1.8.1',
  python: '3.11',
  platform: 'manylinux_2_28_x86_64',
  sha256: '3832643158c8c187fcab6db661cde2a8c06a2b3559d95d0f2411ac0e51c5e924',
  /** Each library once, and the licences. */
  wanted: /^onnxruntime_ep_openvino\/((?!.*_plugin\.so\.1$)[^/]+\.so(?:\.\d+)?|third-party-programs\.txt)$/,
};

export const OPENVINO_BUNDLE: Bundle = {
  title: 'OpenVINO',
  name: `openvino-${OPENVINO.version}`,
  wheels: [OPENVINO],
  size: '52 MB',
  libraries: ['libonnxruntime_providers_openvino_plugin.so', 'libopenvino_intel_npu_plugin.so'],
  setUp: 'npm run setup:openvino',
  without: 'the CPU works without it, but slower',
};

export const OPENVINO_FOLDER = folderOf(OPENVINO_BUNDLE);
export const openvinoExists = bundlesExist;

/** The plugin, where it was set up. */
export const openvinoPlugin = (folder?: string): string | undefined => libraryOf(OPENVINO_BUNDLE, folder);

/** See `setUpBundle`. */
export const setUpOpenvino = (log: (line: string) => void, folder?: string): Promise<boolean> =>
  setUpBundle(OPENVINO_BUNDLE, log, folder);
