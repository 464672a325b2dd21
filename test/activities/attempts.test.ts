import type { ApplicationFailure } from '@temporalio/activity';
import { DefaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { runWork, type Work } from '../../src/activities/runActivity.js';
import { WorldError } from '../../src/lib/errors.js';

type End = 'fails' | 'dies' | 'shuts down';

/**
 * Attempts of one activity, one after the other, as the server makes them: each is given what the one before said
 * last.
 */
async function attempts(
  ends: End[],
  work: (work: Work) => Promise<void> = () => Promise.resolve(),
  failure = new WorldError('ffmpeg failed with exit code 1: Opening the file\nno such subtitle'),
): Promise<ApplicationFailure[]> {
  const failures: ApplicationFailure[] = [];
  let said: unknown;
  for (const [index, end] of ends.entries()) {
    const env = new MockActivityEnvironment({
      activityType: 'mergeAudio',
      attempt: index + 1,
      heartbeatDetails: said,
    });
    env.on('heartbeat', (details: unknown) => {
      said = details;
    });
    const shutdown = new AbortController();
    const error: unknown = await (env.run as (act: () => Promise<void>) => Promise<void>)(() =>
      runWork({ shutdown: shutdown.signal }, async (each) => {
        await work(each);
        // A worker that dies says nothing any more: what was said at the beginning is the last word.
        const last = said;
        if (end === 'dies') throw Object.assign(new Error('killed'), { last });
        if (end === 'shuts down') shutdown.abort();
        throw failure;
      }).catch((reason: unknown) => {
        if (end === 'dies') said = lastOf(reason);
        throw reason;
      }),
    ).catch((reason: unknown) => reason);
    failures.push(error as ApplicationFailure);
    if ((error as ApplicationFailure).type === 'NoProgress') break;
  }
  return failures;
}

const lastOf = (error: unknown): unknown => ((error as Error).cause as { last?: unknown } | undefined)?.last;
const repeat = (end: End, times: number): End[] => Array.from({ length: times }, () => end);
const seconds = ({ nextRetryDelay }: ApplicationFailure): number => Number.parseInt(String(nextRetryDelay), 10);

describe('an activity that does not get on', () => {
  it('fails at the fifth failure, names its stage and what ffmpeg said last, and has waited for minutes', async () => {
    const failures = await attempts(repeat('fails', 9));
    expect(failures).toHaveLength(5);
    expect(failures[4]?.nonRetryable).toBe(true);
    expect(failures[4]?.message).toMatch(
      /^merge: failed 5 times.*ffmpeg failed with exit code 1: no such subtitle\. What is done is kept/,
    );
    expect(failures.slice(0, 4).every(({ nonRetryable }) => !nonRetryable)).toBe(true);
    expect(
      failures
        .slice(0, 4)
        .map(seconds)
        .reduce((a, b) => a + b),
    ).toBeGreaterThan(240);
  });

  it('says why in so few bytes that the server keeps it until the next attempt', async () => {
    const said = `ffmpeg failed with exit code 1: ${'ü'.repeat(3000)}\n/films/ü: Read-only file system`;
    const [failure] = await attempts(
      ['fails'],
      undefined,
      new WorldError(said, { cause: new Error('ffmpeg '.repeat(1000)) }),
    );
    const converter = new DefaultFailureConverter();
    expect(
      temporal.api.failure.v1.Failure.encode(converter.errorToFailure(failure, defaultPayloadConverter)).finish()
        .length,
    ).toBeLessThan(4096);
    expect(failure?.message).toMatch(/^ffmpeg failed with exit code 1: ü+ … ü+\n\/films\/ü: Read-only file system$/);
  });

  it('is not failed by a machine that is restarted again and again: deaths and shutdowns in any order', async () => {
    const failures = await attempts([
      ...repeat('dies', 12),
      ...repeat('shuts down', 12),
      'dies',
      'fails',
      ...repeat('shuts down', 7),
      'fails',
      'dies',
      'fails',
      'fails',
    ]);
    expect(failures.some(({ type }) => type === 'NoProgress')).toBe(false);
  });

  it('fails in the end when it takes its worker along each time', async () => {
    const failures = await attempts(repeat('dies', 30));
    expect(failures).toHaveLength(21);
    expect(failures[20]?.message).toContain('merge: its worker died 20 times in a row');
  });

  it('goes on for ever while every attempt makes something durable', async () => {
    let durable = 0;
    const failures = await attempts(repeat('fails', 12), ({ begin, report }) => {
      begin({ segment: 0, durableFrame: durable });
      report({ durableFrame: ++durable });
      return Promise.resolve();
    });
    expect(failures.some(({ type }) => type === 'NoProgress')).toBe(false);
  });

  it('counts from where it stands on the disk, also where the last word about it was lost', async () => {
    let durable = 0;
    const failures = await attempts(repeat('fails', 12), ({ begin }) => {
      begin({ segment: 0, durableFrame: durable++ });
      return Promise.resolve();
    });
    expect(failures.some(({ type }) => type === 'NoProgress')).toBe(false);
  });
});
