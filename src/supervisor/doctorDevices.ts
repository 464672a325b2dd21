import { encoderName, hardwareEncoders, probeEncoder } from '../media/encode/encoders.js';
import { DEVICES } from '../runtime/devices.js';
import { PLUGIN_KINDS, type PluginKind } from '../runtime/deviceWays.js';
import { openvinoExists } from '../runtime/openvinoFiles.js';
import { type Probed, probeDevice, probeRuntime, requireDevice } from '../runtime/probed.js';
import { hasCudaProvider } from '../upscaler/devices.js';
import { askGpus, type Gpu } from '../upscaler/gpus.js';
import { findByPlugin } from '../upscaler/plugins.js';
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
        ? [Promise.resolve(none), cudaFinding()]
        : gpus.map(gpuFinding)),
    cpuFinding(),
    ...runtimeFindings(),
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
    await requireDevice(`cuda:${index}`);
    return line;
  });
}

/** Where no GPU is seen. */
async function cudaFinding(): Promise<Finding> {
  const problem = await probeDevice('cuda:0');
  return {
    line: problem === undefined ? 'CUDA works, but nvidia-smi tells no GPU' : `CUDA cannot be used (${problem})`,
    ok: true,
    unused: true,
    advice: `needed for NVIDIA GPUs only: ${DEVICES.cuda.setUp}`,
  };
}

async function cpuFinding(): Promise<Finding> {
  const { name, computedBy, advice } = DEVICES.cpu;
  const problem = await probeDevice(name);
  if (problem === undefined) return { line: `${computedBy}: --device ${name}`, ok: true };
  return { line: `${name} cannot be used (${problem})`, ok: false, advice };
}

/** Whether ONNX Runtime can be called directly, and what OpenVINO adds. */
function runtimeFindings(): Promise<Finding>[] {
  const probed = probeRuntime();
  return [
    probed.then(({ runtime }) => apiFinding(runtime)),
    probed.then(({ openvino }) => openvinoFinding(openvino)),
    ...PLUGIN_KINDS.map(pluginFinding),
  ];
}

async function pluginFinding(kind: PluginKind): Promise<Finding> {
  const { name, computedBy, setUp, needs, advice } = DEVICES[kind];
  const found = await findByPlugin(kind);
  if (!found) return { line: `no ${name}`, ok: true, unused: true, advice: `for ${needs}: ${setUp}` };
  if ('problem' in found) return { line: `${name} cannot be used (${found.problem})`, ok: true, unused: true, advice };
  const names = found.devices.map(({ device, label }) => `--device ${device} is ${label}`).join('; ');
  return { line: `${computedBy}: ${names}`, ok: true };
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
