import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { eventually } from '../support/cli.js';
import { type Answer, dashboards, errorOf } from '../support/dashboards.js';
import { makeClip } from '../support/media.js';

const { at, served, ask, post } = dashboards();

it('what is no request gets one line, and nothing is done', async () => {
  expect(errorOf(await post(served.open, '/api/jobs', '{"input":'))).toBe('the body is not JSON');
  expect(errorOf(await post(served.open, '/api/jobs', '[]'))).toMatch(/expected object/i);
  expect(errorOf(await post(served.open, '/api/jobs', JSON.stringify({ input: 'a.mp4', crf: 99 })))).toMatch(/^crf: /);
  expect(errorOf(await post(served.open, '/api/jobs', JSON.stringify({ input: 'a.mp4', surprise: 1 })))).toMatch(
    /surprise/,
  );
  expect(
    errorOf(await post(served.open, '/api/jobs', JSON.stringify({ input: 'a.mp4', model: '../../net.onnx' }))),
  ).toMatch(/^model: /);
  expect((await post(served.open, '/api/jobs', JSON.stringify({ input: 'x'.repeat(100_000) }))).status).toBe(413);
  expect((await ask(served.open, '/api/jobs/nonsense')).status).toBe(400);
  expect((await ask(served.open, `/api/jobs/${'0'.repeat(32)}/frames/-1/source`)).status).toBe(400);
  expect((await ask(served.open, '/api/nothing')).status).toBe(404);
  expect((await ask(served.open, '/api/batches/nonsense')).status).toBe(400);
  expect((await ask(served.open, `/api/batches/${'0'.repeat(32)}`)).status).toBe(404);
  expect((await post(served.open, '/api/schedules/..%2fnight/trigger', '')).status).toBe(400);
  expect(errorOf(await post(served.open, `/api/batches/${'0'.repeat(32)}/resume`, ''))).toBe('there is no such batch');
  // As browsers send it: without a body, and so without its type.
  expect(
    errorOf(
      await ask(served.open, `/api/jobs/f${'0'.repeat(31)}/resume`, {
        method: 'POST',
        headers: { 'x-reelscale': '1', 'content-length': '0' },
      }),
    ),
  ).toBe('the job is done');
});

it('a thousand jobs are listed while the server is away, and changes are told by their revision', async () => {
  const { jobs, total, revision } = JSON.parse((await ask(served.open, '/api/jobs')).body) as {
    jobs: { inputName: string; status: string }[];
    total: number;
    revision: string;
  };
  expect(total).toBe(1000);
  expect(jobs[0]).toMatchObject({ inputName: 'Lost in Space 1000.mp4', status: 'failed' });
  expect(jobs.filter(({ status }) => status === 'done')).toHaveLength(900);
  expect((JSON.parse((await ask(served.open, '/api/jobs?limit=10')).body) as { jobs: unknown[] }).jobs).toHaveLength(
    10,
  );
  expect(JSON.parse((await ask(served.open, '/api/overview')).body)).toMatchObject({ server: 'away' });
  const first = await firstEvent(`/api/events?since=${revision}`);
  expect(first).toMatch(/^event: overview$/m);
  expect(first).not.toContain('reset');
  expect(await firstEvent('/api/events?since=another-1')).toMatch(/^event: reset$/m);
});

function firstEvent(target: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${served.open.url.slice(0, -1)}${target}`,
      { headers: { authorization: `Bearer ${served.place.token}` } },
      (response) => {
        let said = '';
        response.on('data', (chunk: Buffer) => {
          said += chunk.toString();
          if (!/event: .*\n(.*\n)+\n/.test(said)) return;
          sent.destroy();
          resolve(said);
        });
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

describe('what is asked for too often at once', () => {
  it('are measurements: one at a time, the others are told to wait, and no ffmpeg is started for them', async () => {
    await makeClip(at('media/shows/real.mp4'), { seconds: 2, size: '64x48' });
    const asked = JSON.stringify({ input: at('media/shows/real.mp4'), model: 'bicubic', scale: 2, measure: true });
    const answers = await Promise.all(Array.from({ length: 12 }, () => post(served.open, '/api/estimate', asked)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(11).fill(429)]);
    const refused = answers.find(({ status }) => status === 429) as Answer;
    expect(errorOf(refused)).toMatch(/another measurement is under way/);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await post(served.open, '/api/estimate', asked)).status).toBe(200);
  });

  it('are pages: those that are open stay so, and a place is free when one is closed', async () => {
    const job = `f${'0'.repeat(31)}`;
    const streams = await Promise.all(Array.from({ length: 70 }, () => openStream(`/api/events?job=${job}`)));
    const statuses = streams.map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(64);
    expect(statuses.filter((status) => status === 429)).toHaveLength(6);
    for (const { close } of streams) close();
    await eventually('a place is free', async () => {
      const { status, close } = await openStream('/api/events');
      close();
      return status === 200;
    });
  });
});

function openStream(target: string): Promise<{ status: number | undefined; close: () => void }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `${served.open.url.slice(0, -1)}${target}`,
      { headers: { authorization: `Bearer ${served.place.token}` } },
      (response) => {
        response.on('error', () => undefined);
        resolve({
          status: response.statusCode,
          close: () => {
            sent.destroy();
          },
        });
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}
