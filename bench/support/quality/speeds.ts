import path from 'node:path';
import { videoFps, type Way, waysHere } from '../../../src/client/device/fastest.js';
import { inspectModel } from '../../../src/models/inspect.js';
import { measureDevice } from '../../../src/upscaler/speed.js';
import { pulled } from '../pulled.js';
import { atLeast, median } from '../report.js';

const ROUNDS = 3;

export interface NamedFile {
  name: string;
  file: string;
}

/** How many times as fast as another network on the same device, in the same precision. */
export interface OwedSpeed {
  network: string;
  times: number;
  other: string;
}

/**
 * Prints how fast networks are beside one of Real-ESRGAN's at x4, on each device and in each precision that there is,
 * all in turns. @returns whether what is owed is reached, and frames a second on the CPU provider by the network's
 * name.
 */
export async function compareSpeeds(
  own: readonly NamedFile[],
  peer: string,
  owed: readonly OwedSpeed[],
): Promise<{ reached: boolean; onCpu: ReadonlyMap<string, number> }> {
  const networks = await Promise.all(
    [{ name: peer, file: await pulled(peer) }, ...own].map(async ({ name, file }) => {
      const { digest, scale, pixels, alignment } = await inspectModel(file);
      return { name, network: { file: path.resolve(file), digest, scale, pixels, alignment, blend: 0 } };
    }),
  );
  let reached = true;
  let onCpu = new Map<string, number>();
  for (const way of await waysHere()) {
    const rounds = new Map(networks.map(({ name }) => [name, [] as number[]]));
    for (let round = 0; round < ROUNDS; round++)
      for (const { name, network } of networks) rounds.get(name)?.push(await speedOf(network, way));
    const fps = new Map([...rounds].map(([name, speeds]) => [name, median(speeds)]));
    if (way.device === 'cpu') onCpu = fps;
    console.log(`\n${way.device} ${way.precision}, frames of 720x576 a second, medians of ${ROUNDS} rounds`);
    console.table(
      networks.map(({ name }) => ({
        network: name,
        fps: fps.get(name)?.toPrecision(3),
        [`times ${peer}`]: (Number(fps.get(name)) / Number(fps.get(peer))).toFixed(1),
      })),
    );
    for (const { network, times, other } of owed) {
      const ratio = Number(fps.get(network)) / Number(fps.get(other));
      console.log(`${network} / ${other}: ${atLeast(ratio, times)}`);
      reached &&= ratio >= times;
    }
  }
  return { reached, onCpu };
}

async function speedOf(network: Parameters<typeof measureDevice>[0], way: Way): Promise<number> {
  const measured = await measureDevice(network, way);
  if ('problem' in measured) throw new Error(measured.problem);
  return videoFps(measured);
}
