import { rename, symlink } from 'node:fs/promises';
import path from 'node:path';
import { type Bundle, folderOf, setUpBundle } from './bundle.js';
import { shippedLibrary } from './library.js';

const NVIDIA = { python: '3.12', wanted: /^nvidia\/\w+\/lib\/(lib(?!nvblas|cufft)[\w-]+\.so[\d.]*)$/ };

/**
 * ONNX Runtime's CUDA provider (MIT), of exactly the version of onnxruntime-node, and what it needs of NVIDIA's
 * (proprietary, free to use). Only the driver is the host's.
 */
export const CUDA: Bundle = {
  title: 'CUDA',
  name: 'cuda-1.30.0',
  wheels: [
    {
      package: 'onnxruntime-gpu',
      version: '1.30.0',
      python: '3.12',
      abi: 'cp312',
      platform: 'manylinux_2_28_x86_64',
      sha256: '6acc0f4b3d5ac5f2984432faa59dd8fcce6775f8b43a7140afa0f322c7a703b1',
      wanted:
        /^onnxruntime\/(?:capi\/)?(libonnxruntime_providers_(?:shared|cuda)\.so|LICENSE|ThirdPartyNotices\.txt)$/,
    },
    {
      ...NVIDIA,
      package: 'nvidia-cuda-runtime',
      version: '13.5.37',
      platform: 'manylinux2014_x86_64',
      sha256: 'df2b79a8852f10d1fef8c848489c49eebb5754051bf870202a862831412b179d',
    },
    {
      ...NVIDIA,
      package: 'nvidia-cuda-nvrtc',
      version: '13.5.37',
      platform: 'manylinux2010_x86_64',
      sha256: '86b4d68058807988b7d9af5b44917a0601e9c337f35ccd657bfb3c759ff8d8bc',
    },
    {
      ...NVIDIA,
      package: 'nvidia-cublas',
      version: '13.10.0.20',
      platform: 'manylinux1_x86_64',
      sha256: 'dcc6d63884c53d07e267ce7e6feac17b2538cebaafec5db865736c3e28e4dc84',
    },
    {
      ...NVIDIA,
      package: 'nvidia-curand',
      version: '10.4.5.25',
      platform: 'manylinux_2_27_x86_64',
      sha256: '22bb226a857e5888fe6b54ae465fc4371296bcff13a35f79e19691bcf454f529',
    },
    {
      ...NVIDIA,
      package: 'nvidia-cudnn-cu13',
      version: '9.28.1.4',
      platform: 'manylinux_2_27_x86_64',
      sha256: 'a54f205b1db1f2895d99f398754db1369816f0569dd459731f925635cf7b65ec',
    },
  ],
  size: '1.3 GB',
  libraries: ['libonnxruntime_providers_cuda.so'],
  setUp: 'npm run setup:cuda',
  without: 'the CPU works without it',
};

/** Libraries that are looked for beside ONNX Runtime itself; all others are found by LD_LIBRARY_PATH. */
const BESIDE = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];

/**
 * Fetches all that CUDA needs but the driver, and puts the provider where ONNX Runtime looks for it.
 * @returns whether anything was fetched. @throws what `setUpBundle` throws.
 */
export async function setUpCuda(log: (line: string) => void): Promise<boolean> {
  const fetched = await setUpBundle(CUDA, log);
  await linkCuda(folderOf(CUDA), path.dirname(shippedLibrary().file));
  return fetched;
}

/** What lies there of another source is replaced. */
export async function linkCuda(from: string, beside: string): Promise<void> {
  for (const name of BESIDE) await link(path.relative(beside, path.join(from, name)), path.join(beside, name));
  // The provider asks for cuDNN without a version.
  await link('libcudnn.so.9', path.join(from, 'libcudnn.so'));
}

async function link(target: string, name: string): Promise<void> {
  const made = `${name}.${process.pid}`;
  await symlink(target, made);
  await rename(made, name);
}
