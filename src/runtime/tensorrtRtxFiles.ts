import type { Bundle } from './bundle.js';

/** ONNX Runtime's plugin for TensorRT-RTX (Apache-2.0), and TensorRT-RTX itself (NVIDIA's, free to use). */
export const TENSORRT_RTX: Bundle = {
  title: 'TensorRT-RTX',
  name: 'tensorrt-rtx-0.5.0',
  wheels: [
    {
      package: 'onnxruntime-ep-nv-tensorrt-rtx-cu13',
      version: '0.5.0',
      python: '3.11',
      platform: 'manylinux_2_28_x86_64',
      sha256: '32f575c633d171b4edf4b53d3bb22b72a6c9c0a850d2982ce9a788a5d40d3298',
      wanted: /^onnxruntime_ep_nv_tensorrt_rtx\/(lib[\w-]+\.so[\d.]*|Acknowledgements\.txt|README\.txt)$/,
    },
  ],
  size: '147 MB',
  libraries: ['libonnxruntime_providers_nv_tensorrt_rtx.so', 'libtensorrt_rtx.so.1.7.1'],
  // The names that the libraries ask each other by; TensorRT-RTX asks for itself without a version.
  links: {
    'libcudart.so.13': 'libcudart.so.13.4.36',
    'libtensorrt_rtx.so': 'libtensorrt_rtx.so.1.7.1',
    'libtensorrt_rtx.so.1': 'libtensorrt_rtx.so.1.7.1',
    'libtensorrt_onnxparser_rtx.so': 'libtensorrt_onnxparser_rtx.so.1.7.1',
    'libtensorrt_onnxparser_rtx.so.1': 'libtensorrt_onnxparser_rtx.so.1.7.1',
  },
  setUp: 'npm run setup:tensorrt-rtx',
  without: 'everything else works without it',
};
