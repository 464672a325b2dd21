import type { Bundle } from './bundle.js';

/** ONNX Runtime's plugin for WebGPU (MIT): it finds GPUs of any maker by Vulkan. */
export const WEBGPU: Bundle = {
  title: 'WebGPU',
  name: 'webgpu-0.4.0',
  wheels: [
    {
      package: 'onnxruntime-ep-webgpu',
      version: '0.4.0',
      python: '3.11',
      platform: 'manylinux_2_28_x86_64',
      sha256: '5d8c961eda91a88961cad1fb7621f389f006b18497d6ea9ecf96f729f066cbfb',
      wanted: /^onnxruntime_ep_webgpu(?:-0\.4\.0\.dist-info\/licenses)?\/([^/]+\.so|LICENSE|ThirdPartyNotices\.txt)$/,
    },
  ],
  size: '7 MB',
  libraries: ['libonnxruntime_providers_webgpu.so'],
  setUp: 'npm run setup:webgpu',
  without: 'everything else works without it',
};
