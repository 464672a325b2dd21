import { randomBytes } from 'node:crypto';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Client, type Connection, type WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { workflowIdOf } from '../../src/client/connection/connect.js';
import { prepareHome } from '../../src/client/connection/home.js';
import { connectWhenReady } from '../../src/client/connection/temporalConnection.js';
import { findJob } from '../../src/client/job/findJob.js';
import { argv } from '../../src/lib/argv.js';
import { type EmbeddedServer, startOpenServer } from '../../src/supervisor/embeddedServer.js';
import { chosenPort } from '../../src/supervisor/ports.js';
import { loadConfig } from '../../temporal.config.js';
import { Cli, type CliResult, decodedFrames, eventually } from '../support/cli.js';
import { Uncontained } from '../support/compose.js';
import { hasProc, processesOf, scratchHome } from '../support/home.js';
import { makeClip } from '../support/media.js';
import { tinyModel } from '../support/models.js';

/** Names of compose services that make up a host with a CPU. */
const SERVICES = ['control', 'encode', 'upscale-cpu', 'dashboard'] as const;
const FRAMES = 50;

let server: EmbeddedServer;
let connection: Connection;
let cli: Cli;
/**
 * Host A is a user's machine with a supervisor, host B the services of the compose file. Each sees the shared folders
 * under its own paths.
 */
const host = (name: 'a' | 'b', ...at: string[]): string => cli.file(path.join(name, ...at));
let services: Record<(typeof SERVICES)[number], Uncontained>;

beforeAll(async () => {
  const config = await scratchHome();
  prepareHome(config.home);
  server = await startOpenServer(config, console.error);
  connection = await connectWhenReady(config, server.address, AbortSignal.timeout(120_000));
  cli = new Cli({ TEMPORAL_ADDRESS: server.address });
  for (const folder of ['shared/state/jobs', 'shared/state/models', 'shared/media', 'a', 'b'])
    mkdirSync(cli.file(folder), { recursive: true });
  for (const name of ['a', 'b'] as const) {
    for (const root of ['state', 'media']) symlinkSync(cli.file(`shared/${root}`), host(name, root));
  }
  const secrets = host('b', 'secrets');
  mkdirSync(secrets);
  writeFileSync(path.join(secrets, 'dashboard-token'), randomBytes(32).toString('hex'), { mode: 0o600 });
  prepareHome(cli.file('b'));
  const port = await chosenPort(cli.file('b'));
  const start = (name: string): Uncontained =>
    new Uncontained(name, {
      variables: { TEMPORAL_ADDRESS: server.address, MEDIA: host('b', 'media'), POSTGRES_PASSWORD: 'unused' },
      paths: {
        '/state': host('b', 'state'),
        '/media': host('b', 'media'),
        '/tmp': host('b', `tmp-${name}`),
        '/run/secrets': secrets,
      },
      ports: { 8600: port },
    });
  services = {
    control: start('control'),
    encode: start('encode'),
    'upscale-cpu': start('upscale-cpu'),
    dashboard: start('dashboard'),
  };
});
afterAll(async () => {
  for (const service of Object.values(services ?? {})) service.process.kill('SIGKILL');
  await connection?.close();
  await server?.child.stop(10_000);
});

describe.skipIf(!hasProc)('the services of the compose file, without containers', () => {
  it('become healthy by their own health checks, and again after a process of theirs was killed', async () => {
    for (const name of SERVICES) await eventually(`${name} is healthy`, () => services[name].isHealthy());
    const [worker] = processesOf(host('b', 'tmp-encode', 'reelscale')).filter(({ command }) =>
      command.includes('worker/main.js'),
    );
    process.kill(worker?.pid ?? 0, 'SIGKILL');
    await eventually('the check sees it', async () => !(await services.encode.isHealthy()));
    expect(await services.control.isHealthy()).toBe(true);
    await eventually('it is at work again', () => services.encode.isHealthy());
    expect(services.encode.process.exitCode).toBeNull();
  });
});

describe.skipIf(!hasProc)('two hosts that see the shared folders under different paths', () => {
  let running: Promise<CliResult>;

  it('share one job, which goes on when everything on one of them is killed', async () => {
    const roots = {
      REELSCALE_MEDIA_ROOT: host('a', 'media'),
      REELSCALE_JOBS_ROOT: host('a', 'state/jobs'),
      REELSCALE_MODELS_ROOT: host('a', 'state/models'),
    };
    const clip = await makeClip(host('a', 'media/clip.mp4'), { seconds: FRAMES / 25, size: '128x96' });
    const model = await tinyModel(host('a', 'media/slow.onnx'), { scale: 2, work: 4 });
    const output = host('a', 'media/out.mp4');
    const args = [
      'upscale',
      clip,
      ...argv`-o ${output} -m ${model} --segment-frames 5 --checkpoint-frames 5 --tag cpu`,
    ];
    running = cli.start(args, roots).then(({ exitCode, stdout, stderr }) => ({ code: exitCode, stdout, stderr }));

    const config = loadConfig({ REELSCALE_HOME: cli.home, TEMPORAL_ADDRESS: server.address, ...roots });
    const job = await eventually('the job is recorded', () => findJob(config, output).catch(() => undefined));
    const handle = new Client({ connection }).workflow.getHandle(workflowIdOf(job.spec.jobKey));
    await eventually('its workflow is there', () => handle.describe().catch(() => undefined));
    const [a, b] = [() => pidsOf(cli.home), () => pidsOf(host('b', 'tmp-upscale-cpu', 'reelscale'))];
    await eventually('each host has upscaled a segment', async () => {
      const done = await upscaledBy(handle);
      return a().some((pid) => done.includes(pid)) && b().some((pid) => done.includes(pid));
    });
    const before = await upscaledBy(handle);
    expect(before.length).toBeLessThan(FRAMES / 5);
    expect(cli.kill()).toBeGreaterThan(0);
    await running;
    // A process that is killed takes a moment to be gone.
    await eventually('all of them are gone', () => cli.processes().length === 0);

    const report = (await handle.result()) as { frames: number; output: string };
    expect(report).toMatchObject({ frames: FRAMES, output: host('b', 'media/out.mp4') });
    expect(await decodedFrames(output)).toBe(FRAMES);
    expect((await upscaledBy(handle)).slice(before.length).every((pid) => b().includes(pid))).toBe(true);
  });

  it('workers end in order when they are told to, within the time that compose gives them', async () => {
    for (const service of Object.values(services)) service.process.kill('SIGTERM');
    for (const name of SERVICES) {
      expect((await services[name].process).exitCode, name).toBe(0);
      expect(await services[name].isHealthy(), name).toBe(false);
    }
  });
});

const pidsOf = (home: string): number[] => processesOf(home).map(({ pid }) => pid);

/** Process ids of the workers that have upscaled a segment so far, in the order in which they ended. */
async function upscaledBy(handle: WorkflowHandle): Promise<number[]> {
  const events = (await handle.fetchHistory()).events ?? [];
  const byId = new Map(events.map((event) => [String(event.eventId), event]));
  return events.flatMap(({ activityTaskCompletedEventAttributes: completed }) => {
    const name = byId.get(String(completed?.scheduledEventId))?.activityTaskScheduledEventAttributes?.activityType
      ?.name;
    const identity = byId.get(String(completed?.startedEventId))?.activityTaskStartedEventAttributes?.identity;
    return name === 'upscaleSegment' ? [parseInt(identity ?? '')] : [];
  });
}
