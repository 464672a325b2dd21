import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { execa } from 'execa';
import type { Config } from '../../temporal.config.js';
import { loadClient } from '../client/connection/temporalConnection.js';
import { TEMPORAL_VERSION } from '../client/connection/temporalVersion.js';
import { freeAt } from '../lib/files.js';
import { withParentDeathSignal } from '../lib/parentDeathSignal.js';
import { lacking } from '../media/ffmpeg/abilities.js';
import { probeTool, probeX264 } from '../media/ffmpeg/probes.js';
import { doctorDevices } from './doctorDevices.js';
import { openLine } from './embeddedServer.js';
import { attempt, type Finding } from './finding.js';
import { whyNoNamespace } from './namespace.js';
import { provideTemporal } from './temporalBinary.js';

/** Looks at everything that a job needs on this machine. Fetches the Temporal program when it is missing. */
export async function doctor(config: Config): Promise<Finding[]> {
  const checks = [
    ffmpeg(),
    pip(),
    temporal(config),
    ...(config.temporalAddress ? [] : [serverNetwork(config)]),
    stateFolder(config),
    models(config),
    ...(await doctorDevices()),
  ];
  return [node(), ...(await Promise.all(checks))];
}

const node = (): Finding => ({
  line: `Node ${process.versions.node} on ${process.platform}-${process.arch}`,
  ok: true,
});

async function ffmpeg(): Promise<Finding> {
  return attempt(async () => {
    const version = await probeTool('ffmpeg');
    await probeTool('ffprobe');
    await probeX264();
    const lacks = await lacking();
    return `ffmpeg ${version} with libx264${lacks.length > 0 ? `, without ${lacks.join(', ')}` : ''}`;
  });
}

async function pip(): Promise<Finding> {
  const [file, args] = withParentDeathSignal('python3', ['-m', 'pip', '--version']);
  const { failed, stdout } = await execa(file, args, { stdin: 'ignore', reject: false, timeout: 30_000 });
  if (!failed) return { line: `Python's ${stdout.split(' from ')[0] ?? 'pip'}`, ok: true };
  return {
    line: 'Python 3 with pip is missing',
    ok: false,
    advice: 'reelscale models pull needs it; on Debian and Ubuntu: apt-get install python3-pip',
  };
}

async function temporal(config: Config): Promise<Finding> {
  const address = config.temporalAddress;
  if (!address)
    return attempt(
      async () => `Temporal ${TEMPORAL_VERSION}, embedded: ${await provideTemporal(config.home, () => undefined)}`,
    );
  const { Connection } = await loadClient();
  const connection = Connection.lazy({ ...config.temporalConnection });
  try {
    await connection.withDeadline(Date.now() + 5000, () =>
      connection.workflowService.describeNamespace({ namespace: config.namespace }),
    );
    return { line: `Temporal at ${address}, namespace ${config.namespace}`, ok: true };
  } catch (error) {
    const advice =
      `check the address and the namespace (${(error as Error).message}), ` +
      'or unset TEMPORAL_ADDRESS to use the embedded server';
    return { line: `Temporal at ${address} does not answer for the namespace ${config.namespace}`, ok: false, advice };
  } finally {
    await connection.close();
  }
}

/** Who can reach the embedded server. */
async function serverNetwork({ home }: Config): Promise<Finding> {
  await mkdir(home, { recursive: true });
  const open = await whyNoNamespace(home);
  if (open === undefined)
    return { line: 'the embedded server runs in a network of its own: only you can reach it', ok: true };
  return {
    line: openLine(open),
    ok: true,
    advice:
      'they can start and cancel jobs, but run no commands; ' +
      'with users whom you do not trust, use a Temporal server with access control (TEMPORAL_ADDRESS)',
  };
}

async function stateFolder({ home, roots, minFreeBytes }: Config): Promise<Finding> {
  try {
    for (const folder of [home, roots.jobs]) {
      await mkdir(folder, { recursive: true });
      accessSync(folder, constants.W_OK);
    }
  } catch (error) {
    return {
      line: `the state folder ${home} cannot be written`,
      ok: false,
      advice: `${(error as Error).message}; set REELSCALE_HOME to a folder of yours`,
    };
  }
  const bytes = await freeAt(roots.jobs);
  const free = `${(bytes / 1e9).toFixed(1)} GB free at ${roots.jobs}`;
  if (bytes > minFreeBytes) return { line: free, ok: true };
  return { line: free, ok: false, advice: 'make room, or set REELSCALE_HOME to a larger disk: jobs pause below this' };
}

function models({ roots }: Config): Promise<Finding> {
  const names = existsSync(roots.models)
    ? readdirSync(roots.models, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.onnx'))
    : [];
  if (names.length > 0) return Promise.resolve({ line: `models: ${names.join(', ')}`, ok: true });
  return Promise.resolve({
    line: 'no model was pulled: --preset fast takes networks that come with Reelscale',
    ok: true,
    advice: 'reelscale models pull realesr-animevideov3 fetches what it takes otherwise',
  });
}
