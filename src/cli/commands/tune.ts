import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { loadConfig } from '../../../temporal.config.js';
import { rememberWays, videoFps, type Way, type WayMeasured, waysHere } from '../../client/device/fastest.js';
import { parseFlags } from '../../client/job/flags.js';
import { isFilter } from '../../client/job/method.js';
import { networkOf } from '../../client/job/placement.js';
import { chosenModel } from '../../client/job/presets.js';
import { UserError } from '../../lib/errors.js';
import { resolveModel } from '../../models/resolve.js';
import { discoverDevices } from '../../upscaler/devices.js';
import { decibels } from '../../upscaler/likeness.js';
import { measureDevice } from '../../upscaler/speed.js';
import { columns } from '../columns.js';
import { EXIT } from '../exit.js';
import { print, printJson } from '../say.js';
import { interruptible } from '../stopSignal.js';

interface Row extends WayMeasured {
  /** See `videoFps`. */
  fps?: number;
  /** From what the CPU's own provider makes of it in fp32; infinite, in JSON null, where they are equal. */
  decibels?: number;
}

/** Measures every way to compute a network here, keeps that for `--device auto`, and prints it. */
export function tune(options: unknown): Promise<number> {
  return interruptible(async (signal) => {
    const { json, scale, denoise, ...flags } = parseFlags(options);
    const { roots } = loadConfig();
    const gpu = (await discoverDevices())[0]?.device !== 'cpu';
    const name = await chosenModel({ ...flags, scale }, { gpu, modelsRoot: roots.models });
    if (isFilter(name)) throw new UserError(`${name} is a filter, which ffmpeg computes: name a model with -m`);
    const model = await resolveModel(name, {
      modelsRoot: roots.models,
      ...(scale !== undefined && { scale }),
      ...(denoise !== undefined && { denoise }),
      signal,
    });
    const network = { ...networkOf(model), blend: flags.blend ?? 0 };
    const folder = await mkdtemp(path.join(os.tmpdir(), 'reelscale-tune-'));
    try {
      const ways = await waysHere();
      const measured: (WayMeasured & { file: string })[] = [];
      for (const [i, way] of ways.entries()) {
        const file = path.join(folder, String(i));
        measured.push({ ...way, speed: await measureDevice(network, way, { result: file, signal }), file });
      }
      await rememberWays(roots.jobs, network, measured);
      const rows = await Promise.all(measured.map((way) => rowOf(way, measured)));
      if (json) printJson(rows);
      else print(render(`${model.name} x${model.scale}`, rows));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    return EXIT.done;
  });
}

const isReference = ({ device, precision }: Way): boolean => device === 'cpu' && precision === 'fp32';

async function rowOf(
  way: WayMeasured & { file: string },
  all: readonly (WayMeasured & { file: string })[],
): Promise<Row> {
  const { file, ...row } = way;
  if ('problem' in row.speed) return row;
  const fps = videoFps(row.speed);
  const reference = all.find(isReference);
  if (!reference || reference === way || 'problem' in reference.speed) return { ...row, fps };
  return { ...row, fps, decibels: decibels(await readFile(reference.file), await readFile(file)) };
}

function render(what: string, rows: readonly Row[]): string {
  const lines = rows.map(({ device, precision, speed, fps = 0, decibels: distance }) => [
    device,
    precision,
    ...('problem' in speed
      ? ['', '', '', speed.problem]
      : [speed.cores.toFixed(1), fps.toPrecision(3), distance === undefined ? '' : distance.toFixed(1), '']),
  ]);
  const head = ['device', 'precision', 'cores busy', 'fps at 720x576', 'dB against cpu', ''];
  return [
    `${what}, measured on this machine; --device auto takes the fastest`,
    ...columns([head, ...lines], [2, 3, 4]),
  ].join('\n');
}
