import { encoderName, hardwareEncoders, probeEncoder } from '../media/encode/encoders.js';
import { libraryOf } from '../runtime/bundle.js';
import { DEVICES } from '../runtime/devices.js';
import { openvinoExists } from '../runtime/openvinoFiles.js';
import { type Probed, probeRuntime, probeWebgpu } from '../runtime/probed.js';
import { WEBGPU } from '../runtime/webgpuFiles.js';
import { hasCudaProvider } from '../upscaler/devices.js';
import { askGpus, type Gpu } from '../upscaler/gpus.js';
import { knownProviders, probeCuda, probeProvider } from '../upscaler/providers.js';
import { attempt, type Finding } from './finding.js';

/** What this machine can upscale and encode on, by trying each; only what is there and does not work is a failure. */
export async function doctorDevices(): Promise<Promise<Finding>[]> {
  const { gpus, problem } = await askGpus();
  const none: Finding = { line: 'no NVIDIA GPU; the CPU is used', ok: true };
  const broken: Finding = {
    line: `nvidia-smi fails: ${problem}`,
    ok: false,
    advice: 'install the NVIDIA driver anew, or restart so that the one that runs is the one that is installed',
  };
  return [
    ...(problem !== undefined
      ? [Promise.resolve(broken)]
      : gpus.length === 0
        ? [Promise.resolve(none)]
        : gpus.map(gpuFinding)),
    ...runtimeFindings(),
    ...(await knownProviders()).map((name) => providerFinding(name, gpus.length > 0)),
    ...hardwareEncoders().map(encoderFinding),
  ];
}

async function gpuFinding({ index, label, memory, driver }: Gpu): Promise<Finding> {
  const line = `cuda:${index} is ${label}${memory ? `, ${(memory.total / 1e9).toFixed(1)} GB` : ''}, driver ${driver}`;
  if (!hasCudaProvider())
    return {
      line: `${line}, but it is not used`,
      ok: false,
      advice: `${DEVICES.cuda.setUp} fetches ONNX Runtime's CUDA files`,
    };
  return attempt(async () => {
    await probeCuda(index);
    return line;
  });
}

/** Whether ONNX Runtime can be called directly, and what OpenVINO adds. */
function runtimeFindings(): Promise<Finding>[] {
  const probed = probeRuntime();
  return [
    probed.then(({ runtime }) => apiFinding(runtime)),
    probed.then(({ openvino }) => openvinoFinding(openvino)),
    webgpuFinding(),
  ];
}

async function webgpuFinding(): Promise<Finding> {
  const { setUp, needs, advice } = DEVICES.webgpu;
  if (libraryOf(WEBGPU) === undefined)
    return { line: 'no WebGPU', ok: true, unused: true, advice: `for ${needs}: ${setUp}` };
  const found = await probeWebgpu();
  if ('problem' in found) return { line: `WebGPU cannot be used (${found.problem})`, ok: true, unused: true, advice };
  return { line: `WebGPU: ${found.gpus.map((name, id) => `--device webgpu:${id} is ${name}`).join('; ')}`, ok: true };
}

function apiFinding(runtime: Probed['runtime']): Finding {
  if ('version' in runtime) return { line: `ONNX Runtime ${runtime.version}, called by its C API`, ok: true };
  return {
    line: `ONNX Runtime's C API cannot be called (${runtime.problem})`,
    ok: true,
    advice: 'the CPU works through onnxruntime-node, without OpenVINO; run npm run setup again',
  };
}

function openvinoFinding(openvino: Probed['openvino']): Finding {
  if ('name' in openvino) {
    const { name, precisions: all } = DEVICES['openvino:cpu'];
    const precisions = all.filter((precision) => openvino.bf16 || precision !== 'bf16').join(' and ');
    return { line: `OpenVINO on ${openvino.name}, in ${precisions}: --device ${name}`, ok: true };
  }
  return {
    line: `no OpenVINO (${openvino.problem})`,
    ok: true,
    unused: true,
    ...(openvinoExists() && { advice: 'the CPU works without it, but slower, most of all where it has bf16' }),
  };
}

const USED = ['cpu', 'cuda'];

async function providerFinding(name: string, hasGpu: boolean): Promise<Finding> {
  const reason = await probeProvider(name);
  const line = `ONNX Runtime's provider ${name} ${reason === undefined ? 'loads' : `does not load (${reason})`}`;
  if (!USED.includes(name)) return { line: `${line}; Reelscale does not use it`, ok: true, unused: true };
  if (reason === undefined) return { line, ok: true };
  if (name === 'cpu') return { line, ok: false, advice: DEVICES.cpu.advice };
  // With a GPU, the GPU's own line says what to do.
  return {
    line,
    ok: true,
    unused: true,
    ...(!hasGpu && { advice: `needed for NVIDIA GPUs only: ${DEVICES.cuda.setUp}` }),
  };
}

async function encoderFinding({ codec, hardware }: ReturnType<typeof hardwareEncoders>[number]): Promise<Finding> {
  const name = encoderName({ codec, hardware });
  try {
    await probeEncoder({ codec, hardware, crf: 23, preset: 'fast', threads: 1 }, { chroma: 'left', bitDepth: 8 });
    return {
      line: `${name} encodes: --hw-encoder ${hardware}${codec === 'h264' ? '' : ` --codec ${codec}`}`,
      ok: true,
    };
  } catch (error) {
    const reason = /\((.*)\)/.exec((error as Error).message)?.[1] ?? (error as Error).message;
    const advice =
      hardware === 'nvenc'
        ? 'needs an NVIDIA GPU with its driver'
        : 'needs a GPU with a VAAPI driver, and access to /dev/dri/renderD128';
    return {
      line: `${name} does not encode here (${reason})`,
      ok: true,
      unused: true,
      advice: `${advice}; the processor encodes without it`,
    };
  }
}
