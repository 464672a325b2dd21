import { readFileSync } from 'node:fs';
import { decibels } from '../../src/upscaler/likeness.js';
import { atLeast, median } from '../support/report.js';
import type { Contender } from './contenders.js';

/** What is lost at most against OpenVINO's own API. */
const OWED_OF_OPENVINO = 0.95;

/**
 * Contenders in turns, and what they make against PyTorch in fp32.
 * @param owed how many times as fast as the CPU provider the fastest way has to be, where the processor has AMX.
 * @returns whether all that is owed is reached.
 */
export async function compareNetworks(
  contenders: Contender[],
  { rounds, seconds, owed }: { rounds: number; seconds: number; owed: number },
): Promise<boolean> {
  const speeds = new Map(contenders.map((each) => [each, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const each of contenders) speeds.get(each)?.push(await each.run(seconds));
  }
  const reference = contenders.find(({ who, precision }) => who === 'torch' && precision === 'fp32');
  if (!reference) throw new Error('nothing to compare with');
  const fps = (each: Contender): number => median(speeds.get(each) ?? []);
  const ofOurs = fps(contenders.find(({ who }) => who === 'cpu') as Contender);
  console.table(
    contenders.map((each) => ({
      who: each.name,
      precision: each.precision,
      fps: fps(each).toFixed(2),
      'times ours, cpu': (fps(each) / ofOurs).toFixed(2),
      'dB against PyTorch fp32': each === reference ? '' : worst(reference.result, each.result).toFixed(1),
    })),
  );
  const reached = contenders.flatMap((each) => {
    const own = contenders.find(({ who, precision }) => who === 'openvino' && precision === each.precision);
    if (each.who !== 'ours' || !own) return [];
    const ratios = (speeds.get(each) ?? []).map((speed, round) => speed / (speeds.get(own)?.[round] as number));
    const ratio = median(ratios);
    console.log(`${each.precision}: ours / OpenVINO's own API, round by round: ${atLeast(ratio, OWED_OF_OPENVINO)}`);
    return [ratio >= OWED_OF_OPENVINO];
  });
  const best = Math.max(...contenders.filter(({ who }) => who === 'ours').map(fps)) / ofOurs;
  if (!hasAmx()) {
    console.log(`openvino:cpu / cpu: ${best.toFixed(2)} (owed where there is AMX: ${owed})`);
    return reached.every(Boolean);
  }
  console.log(`openvino:cpu / cpu: ${atLeast(best, owed)}`);
  return reached.every(Boolean) && best >= owed;
}

function hasAmx(): boolean {
  return /\bamx_bf16\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));
}

/** Of the worst plane. */
function worst(a: Uint8Array, b: Uint8Array): number {
  const plane = (of: Uint8Array, n: number) => of.subarray((n * of.length) / 3, ((n + 1) * of.length) / 3);
  return Math.min(...[0, 1, 2].map((n) => decibels(plane(a, n), plane(b, n))));
}
