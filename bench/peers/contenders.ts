import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { fileDigest } from '../../src/job/parts.js';
import { withParentDeathSignal } from '../../src/lib/parentDeathSignal.js';
import type { Precision } from '../../src/runtime/devices.js';
import { probeRuntime } from '../../src/runtime/probed.js';
import { openRuntime } from '../../src/runtime/runtime.js';
import { runtimeEnvironment } from '../../src/runtime/runtimeEnvironment.js';
import { openByApi } from '../../src/upscaler/nativeSession.js';
import type { Picture } from '../../src/upscaler/picture.js';
import type { UpscaleModel } from '../../src/upscaler/protocol.js';
import { loadSession } from '../../src/upscaler/session.js';

const SCALE = 4;

/** One network on one picture: planes of 8 bits in the order R, G, B. */
export interface Match {
  model: string;
  picture: Uint8Array;
  /** Holds the picture. */
  file: string;
  width: number;
  height: number;
  work: string;
  python: string;
  scripts: string;
}

export interface Contender {
  who: 'ours' | 'cpu' | 'torch' | 'ncnn' | 'openvino';
  name: string;
  precision: Precision;
  /** What it made of the picture, planes R, G, B. */
  result: Uint8Array;
  /** Goes on for some seconds. @returns frames a second. */
  run(seconds: number): Promise<number>;
  close(): Promise<void>;
}

/** This project's session, as the upscaler opens it; frames stay in memory. */
async function ours(provider: 'openvino' | undefined, precision: Precision, match: Match): Promise<Contender> {
  Object.assign(process.env, runtimeEnvironment());
  const model: UpscaleModel = {
    ...{ file: match.model, digest: await fileDigest(match.model), scale: SCALE, precision, pixels: 'rgb' },
    ...{ tile: 0, tilePad: 0, prePad: 0, blend: 0, alignment: 1 },
    ...(provider && { provider }),
  };
  const session = await loadSession(
    model,
    { precision, bitDepth: 8, onNotice: console.error },
    openByApi(await openRuntime(), { kind: 'cpu', id: 0 }),
  );
  const { width, height } = match;
  const [input, output] = [gbr(match.picture, width, height), gbr(undefined, width * SCALE, height * SCALE)];
  session.expect?.([{ width, height }]);
  const once = () => session.run(input, output);
  await once();
  return {
    who: provider ? 'ours' : 'cpu',
    name: provider ? 'ours, openvino:cpu' : 'ours, cpu',
    precision,
    result: turned(output.data as Uint8Array, [2, 0, 1]),
    run: async (seconds) => {
      const start = performance.now();
      let frames = 0;
      for (; performance.now() - start < seconds * 1000; frames++) await once();
      return (frames * 1000) / (performance.now() - start);
    },
    close: () => session.release(),
  };
}

export const oursByCpu = (match: Match): Promise<Contender> => ours(undefined, 'fp32', match);

/** In each precision that OpenVINO has here. */
export async function oursByOpenvino(match: Match): Promise<Contender[]> {
  const { openvino } = await probeRuntime();
  if ('problem' in openvino) throw new Error(`no OpenVINO here: ${openvino.problem}`);
  const precisions: Precision[] = openvino.bf16 ? ['fp32', 'bf16'] : ['fp32'];
  return Promise.all(precisions.map((precision) => ours('openvino', precision, match)));
}

/** A picture of three planes in the order G, B, R. */
const gbr = (planes: Uint8Array | undefined, width: number, height: number): Picture => ({
  data: planes ? turned(planes, [1, 2, 0]) : new Uint8Array(3 * width * height),
  width,
  height,
  planes: 3,
});

/** Three planes in another order. */
function turned(planes: Uint8Array, order: [number, number, number]): Uint8Array {
  const size = planes.length / 3;
  return Buffer.concat(order.map((plane) => planes.subarray(plane * size, (plane + 1) * size)));
}

/** A program in Python, in a process of its own: see peer.py. */
export async function peer(
  who: 'torch' | 'ncnn' | 'openvino',
  precision: Precision,
  { model, file, width, height, work, python, scripts }: Match,
): Promise<Contender> {
  const result = path.join(work, `${who}-${precision}.rgb`);
  const [command, args] = withParentDeathSignal(python, [
    path.join(scripts, 'peer.py'),
    ...[who, precision, model, file, String(width), String(height), result],
  ]);
  const child = execa(command, args, { stderr: 'inherit', env: { PYTHONDONTWRITEBYTECODE: '1' }, reject: false });
  const lines = createInterface(child.stdout);
  const line = async (): Promise<string> => {
    const [text] = (await Promise.race([once(lines, 'line'), child.then(() => [undefined])])) as [string | undefined];
    if (text === undefined) throw new Error(`${who} in ${precision} ended`);
    return text;
  };
  await line();
  return {
    who,
    name: { torch: 'PyTorch', ncnn: 'ncnn', openvino: "OpenVINO's own API" }[who],
    precision,
    result: await readFile(result),
    run: (seconds) => {
      child.stdin.write(`${seconds}\n`);
      return line().then(Number);
    },
    close: async () => {
      child.stdin.end();
      await child;
    },
  };
}
