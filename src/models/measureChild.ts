import '../lib/sourceTraces.js';
import { readFileSync } from 'node:fs';
import { InferenceSession } from 'onnxruntime-node';
import { readSignature } from './graphSignature.js';
import type { Measured } from './measured.js';
import { picture } from './trial.js';

/**
 * A process of its own that runs the network named by its first argument on a tile until a second has passed, at least
 * twice, and prints what it Measured as JSON. The second argument is `cpu` or the number of a CUDA device.
 */

const EDGE = 128;
const LEAST_RUNS = 2;
const LEAST_MS = 1000;

async function measure(file: string, device: string): Promise<Measured> {
  const bytes = readFileSync(file);
  const ends = readSignature(bytes);
  const { width, height } = ends.fixed ?? { width: EDGE, height: EDGE };
  const session = await InferenceSession.create(bytes, {
    executionProviders: [device === 'cpu' ? 'cpu' : { name: 'cuda', deviceId: Number(device) }],
    logSeverityLevel: 4,
  });
  const feeds = { [ends.input]: picture(ends, { width, height }) };
  let fastest = Infinity;
  const start = performance.now();
  for (let runs = 0; runs < LEAST_RUNS || performance.now() - start < LEAST_MS; runs++) {
    const began = performance.now();
    await session.run(feeds);
    fastest = Math.min(fastest, performance.now() - began);
  }
  return { width, height, secondsPerTile: fastest / 1000 };
}

process.stdout.write(JSON.stringify(await measure(process.argv[2] as string, process.argv[3] as string)));
