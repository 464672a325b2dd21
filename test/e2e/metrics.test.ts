import { readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { argv } from '../../src/lib/argv.js';
import { telemetry } from '../../src/worker/metrics.js';
import { Cli, eventually } from '../support/cli.js';
import { makeClip } from '../support/media.js';
import { tinyModel } from '../support/models.js';

const dashboardSchema = z.object({
  title: z.string().min(1),
  uid: z.string().min(1),
  schemaVersion: z.number(),
  templating: z.object({
    list: z
      .array(
        z.object({ name: z.literal('datasource'), type: z.literal('datasource'), query: z.literal('prometheus') }),
      )
      .length(1),
  }),
  panels: z
    .array(
      z.object({
        id: z.number().int(),
        type: z.string().min(1),
        title: z.string().min(1),
        datasource: z.object({ type: z.literal('prometheus'), uid: z.literal('${datasource}') }),
        gridPos: z
          .object({
            x: z.number().int().min(0),
            y: z.number().int().min(0),
            w: z.number().int().min(1),
            h: z.number().int().min(1),
          })
          .refine(({ x, w }) => x + w <= 24),
        targets: z.array(z.object({ refId: z.string(), expr: z.string().min(1) })).min(1),
      }),
    )
    .min(1),
});

// Made here, not in a hook: only so are its processes ended after the tests.
const port = await threeFreePorts();
const cli = new Cli({ REELSCALE_METRICS_ADDRESS: String(port), REELSCALE_LINGER_SECONDS: '120' });
/** What the control, encode and upscale workers serve after a job. */
const scraped: string[] = [];
let job: string;

beforeAll(async () => {
  await makeClip(cli.file('clip.mp4'), { seconds: 2, size: '96x64' });
  await tinyModel(cli.file('net.onnx'));
  // Nobody serves its tag: its first segments wait.
  await cli.run('upscale', 'clip.mp4', ...argv`-m net.onnx --tag nobody --segment-frames 20 -o waiting.mp4 --detach`);
  const done = await cli.json<{ job: string; status: string }>(
    'upscale',
    'clip.mp4',
    '-m',
    'net.onnx',
    '--device',
    'cpu',
    '--segment-frames',
    '25',
    '--checkpoint-frames',
    '10',
  );
  expect(done.value.status, done.stderr).toBe('done');
  job = done.value.job;
  // The queues are looked at every 15 s.
  await eventually(
    'a queue that nobody serves is seen',
    async () => (value(await scrape(0), 'reelscale_queue_depth', '"reelscale.upscale.nobody"') ?? 0) > 0,
  );
  for (const n of [0, 1, 2]) scraped.push(await scrape(n));
});

const scrape = async (n: number): Promise<string> => (await fetch(`http://127.0.0.1:${port + n}/metrics`)).text();

/** The value of the first sample whose name and labels hold these texts. */
const value = (text: string | undefined, ...texts: string[]): number | undefined => {
  const line = text?.split('\n').find((each) => texts.every((part) => each.includes(part)) && !each.startsWith('#'));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
};

it('each worker serves the metrics of the SDK and ours at an address of its own', () => {
  const [control, encode, upscale] = scraped;
  expect(value(upscale, 'reelscale_frames_total', 'upscaleSegment')).toBe(50);
  expect(value(upscale, 'reelscale_parts_total', 'upscaleSegment')).toBe(6);
  expect(value(upscale, 'reelscale_retries_total', 'upscaleSegment')).toBe(0);
  expect(value(upscale, 'reelscale_fps')).toBe(0);
  expect(value(encode, 'reelscale_frames_total', 'encodeSegment')).toBe(50);
  expect(value(encode, 'reelscale_parts_total', 'encodeSegment')).toBe(2);
  expect(value(control, 'reelscale_queue_depth', '"reelscale.upscale.nobody"')).toBeGreaterThan(0);
  for (const queue of ['reelscale.control', 'reelscale.encode'])
    expect(value(control, 'reelscale_queue_depth', `"${queue}"`)).toBeGreaterThanOrEqual(0);
  for (const text of scraped) {
    expect(value(text, 'reelscale_disk_free_bytes')).toBeGreaterThan(0);
    expect(value(text, 'reelscale_disk_used_bytes')).toBeGreaterThan(0);
    expect(value(text, 'temporal_worker_task_slots_used')).toBeDefined();
  }
});

it('every panel of the Grafana dashboard asks for metrics that are served', () => {
  const dashboard = dashboardSchema.parse(
    JSON.parse(readFileSync(path.join(import.meta.dirname, '../../docs/grafana/reelscale.json'), 'utf8')),
  );
  const served = new Set(
    scraped
      .join('\n')
      .split('\n')
      .flatMap((line) => /^([a-z_]+)[{ ]/.exec(line)?.[1] ?? []),
  );
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  const asked = dashboard.panels.flatMap(({ targets }) =>
    targets.flatMap(({ expr }) => expr.match(/\b(?:reelscale|temporal)_\w+/g) ?? ['nothing']),
  );
  expect(asked.filter((name) => !served.has(name))).toEqual([]);
  // And all of ours are shown.
  expect([...served].filter((name) => name.startsWith('reelscale_') && !asked.includes(name))).toEqual([]);
});

it('every line of a log is JSON, and what is about a segment names job, segment and attempt', () => {
  const lines = (name: string) =>
    readFileSync(path.join(cli.home, 'logs', `${name}.log`), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  const upscale = lines('worker-upscale-cpu');
  // Which of two waiting segments is taken first is the server's choice.
  const done = upscale
    .filter(({ msg }) => msg === 'upscaleSegment is done')
    .sort((a, b) => Number(a['segment']) - Number(b['segment']));
  expect(
    done.map(({ level, role, device, job, segment, attempt }) => ({ level, role, device, job, segment, attempt })),
  ).toEqual([0, 1].map((segment) => ({ level: 'info', role: 'upscale', device: 'cpu', job, segment, attempt: 1 })));
  expect(lines('worker-control').some(({ msg, job: of }) => msg === 'publish is done' && of === job)).toBe(true);
  for (const entry of [...upscale, ...lines('worker-encode'), ...lines('worker-control')])
    expect(Object.keys(entry)).toEqual(expect.arrayContaining(['level', 'time', 'role', 'msg']));
});

it('an address that is in use, or is none, is said in one line', async () => {
  await expect(telemetry({ metrics: { host: '127.0.0.1', port } })).rejects.toThrow(
    new RegExp(`^REELSCALE_METRICS_ADDRESS: nothing can listen at 127\\.0\\.0\\.1:${port} `),
  );
  const wrong = await cli.start(['list'], { REELSCALE_METRICS_ADDRESS: 'localhost' });
  expect([wrong.exitCode, wrong.stderr]).toEqual([
    2,
    'reelscale: REELSCALE_METRICS_ADDRESS: must be a port, or an IP address and a port such as 127.0.0.1:9464',
  ]);
});

async function threeFreePorts(): Promise<number> {
  for (;;) {
    const first = await listen(0);
    const others = await Promise.all([1, 2].map((n) => listen(first.port + n).catch(() => undefined)));
    for (const server of [first, ...others]) server?.close();
    if (others.every((server) => server !== undefined)) return first.port;
  }
}

function listen(wanted: number): Promise<{ port: number; close: () => void }> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(wanted, '127.0.0.1', () => {
      resolve({
        port: (server.address() as net.AddressInfo).port,
        close: () => {
          server.close();
        },
      });
    });
  });
}
