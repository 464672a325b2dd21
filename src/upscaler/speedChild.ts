import '../lib/sourceTraces.js';
import { writeFileSync } from 'node:fs';
import { UserError } from '../lib/errors.js';
import type { Size } from '../media/picture/cropWindow.js';
import type { FrameInference } from './inference.js';
import { layoutOf, samplesOf } from './layout.js';
import { testPicture } from './likeness.js';
import { type DeviceSpeed, speedRequestSchema } from './speed.js';
import { startInference } from './startInference.js';

/**
 * A process of its own that opens a network as the upscaler does, runs it on pictures that grow until one takes long
 * enough to be measured, and prints what came of it: see speed.ts, which gives its argument.
 */

/** Of the smallest and the largest picture; multiples of all alignments. */
const [FIRST_EDGE, LAST_EDGE] = [64, 512];
/** As long as this it has to take, to be measured. */
const ENOUGH_MS = 100;
const LEAST_RUNS = 2;
const LEAST_MS = 1000;

const { device, model, result } = speedRequestSchema.parse(JSON.parse(process.argv[2] ?? ''));

async function measure(inference: FrameInference): Promise<DeviceSpeed> {
  if (model.fixed) return measureAt(await runner(inference, model.fixed, result), model.fixed);
  for (let edge = FIRST_EDGE; ; edge *= 2) {
    const size = { width: edge, height: edge };
    const run = await runner(inference, size, edge === FIRST_EDGE ? result : undefined);
    if (edge === LAST_EDGE || (await run()) >= ENOUGH_MS) return measureAt(run, size);
  }
}

/**
 * Prepares the network for pictures of a size, by a first run, whose result may be kept.
 * @returns runs it once more, and says how many milliseconds that took.
 */
async function runner(
  inference: FrameInference,
  { width, height }: Size,
  file: string | undefined,
): Promise<() => Promise<number>> {
  const network = { model, bitDepth: 8, width, height } as const;
  await inference.load(network);
  const layout = layoutOf(network);
  let [input, output] = [new ArrayBuffer(layout.inputBytes), new ArrayBuffer(layout.outputBytes)];
  const seen = samplesOf(input, layout.seenBytes, layout.bitDepth);
  seen.set(testPicture({ data: seen, planes: layout.planes }, width, height).data);
  const run = async (): Promise<number> => {
    const began = performance.now();
    const frame = await inference.infer(input, output);
    ({ input, output } = frame);
    if (frame.precision !== model.precision) throw new UserError(`it gives no picture in ${model.precision}`);
    return performance.now() - began;
  };
  await run();
  if (file !== undefined) writeFileSync(file, samplesOf(output, layout.outputBytes, layout.bitDepth));
  return run;
}

async function measureAt(run: () => Promise<number>, size: Size): Promise<DeviceSpeed> {
  let fastest = Infinity;
  const [start, before] = [performance.now(), process.cpuUsage()];
  for (let runs = 0; runs < LEAST_RUNS || performance.now() - start < LEAST_MS; runs++)
    fastest = Math.min(fastest, await run());
  const { user, system } = process.cpuUsage(before);
  return { ...size, seconds: fastest / 1000, cores: (user + system) / 1000 / (performance.now() - start) };
}

async function speedOrProblem(): Promise<DeviceSpeed | { problem: string }> {
  try {
    return await measure(await startInference(device));
  } catch (error) {
    if (error instanceof UserError) return { problem: error.message };
    throw error;
  }
}

process.stdout.write(JSON.stringify(await speedOrProblem()));
process.exit(0);
