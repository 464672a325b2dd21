import { execa } from 'execa';
import { withParentDeathSignal } from '../lib/parentDeathSignal.js';

/** In bytes. */
export interface Memory {
  total: number;
  free: number;
}

export interface Gpu {
  /** The N of `cuda:N`. */
  index: number;
  uuid: string;
  label: string;
  /** Undefined where the GPU shares the host's. */
  memory: Memory | undefined;
  driver: string;
}

const FIELDS = ['index', 'uuid', 'name', 'memory.total', 'memory.free', 'driver_version'];

/**
 * The NVIDIA GPUs that this process may use, whether ONNX Runtime can or not; and why the driver does not tell, where
 * it is there.
 */
export async function askGpus(): Promise<{ gpus: Gpu[]; problem?: string }> {
  const [file, args] = withParentDeathSignal('nvidia-smi', [
    `--query-gpu=${FIELDS.join(',')}`,
    '--format=csv,noheader,nounits',
  ]);
  const { failed, stdout, stderr, exitCode } = await execa(file, args, {
    stdin: 'ignore',
    reject: false,
    timeout: 10_000,
  });
  if (!failed) return { gpus: visibleGpus(parseGpus(stdout), process.env['CUDA_VISIBLE_DEVICES']) };
  // Nobody misses a program that is not installed: setpriv gives 127 for that, as shells do.
  if (exitCode === undefined || exitCode === 127) return { gpus: [] };
  return { gpus: [], problem: `${stdout}\n${stderr}`.trim().split('\n')[0] ?? '' };
}

export const listGpus = async (): Promise<Gpu[]> => (await askGpus()).gpus;

/** Reads lines such as `0, GPU-1a2b, Tesla T4, 15360, 14927, 535.104.05`; memory is in MiB. */
export function parseGpus(text: string): Gpu[] {
  return text.split('\n').flatMap((line) => {
    const [index, uuid, label, total, free, driver] = line.split(', ').map((field) => field.trim());
    if (!/^\d+$/.test(index ?? '') || !uuid || !label) return [];
    const memory = { total: Number(total) * 2 ** 20, free: Number(free) * 2 ** 20 };
    return [
      {
        index: Number(index),
        uuid,
        label,
        memory: memory.total > 0 && memory.free >= 0 ? memory : undefined,
        driver: driver ?? '',
      },
    ];
  });
}

/**
 * What CUDA_VISIBLE_DEVICES leaves, counted anew as CUDA does: indices or beginnings of ids; the list ends at the
 * first that names none.
 * @param visible the variable's value; undefined for all.
 */
export function visibleGpus(gpus: Gpu[], visible: string | undefined): Gpu[] {
  if (visible === undefined) return gpus;
  const names = visible.split(',').map((name) => name.trim());
  const chosen = names.map((name) =>
    gpus.find(({ index, uuid }) => name === String(index) || (name.startsWith('GPU-') && uuid.startsWith(name))),
  );
  const end = chosen.indexOf(undefined);
  return chosen.slice(0, end < 0 ? undefined : end).map((gpu, index) => ({ ...(gpu as Gpu), index }));
}
