import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { WorkflowFailedError } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createControlActivities, createEncodeActivities } from '../../src/activities/index.js';
import { acceptResult, requireRejected } from '../../src/client/job/accept.js';
import { parseFlags } from '../../src/client/job/flags.js';
import { resolveJob } from '../../src/client/job/resolveJob.js';
import { recordJob } from '../../src/client/job/submit.js';
import { ownerOf } from '../../src/job/claims.js';
import type { ControlActivities, EncodeActivities, UpscaleVideoInput } from '../../src/job/contracts.js';
import { hiddenPrefix } from '../../src/job/hidden.js';
import { shortJob } from '../../src/job/keys.js';
import { jobLayout } from '../../src/job/layout.js';
import { fileDigest, type Part, partSchema } from '../../src/job/parts.js';
import { endedSchema } from '../../src/job/records.js';
import { readStored, type StoredJob } from '../../src/job/store.js';
import { readJson } from '../../src/lib/durable.js';
import { verifyReportSchema } from '../../src/media/verify/report.js';
import { loadConfig } from '../../temporal.config.js';
import { makeFilm } from '../media/verify/brokenSupport.js';
import { Cli } from '../support/cli.js';
import { timeSkippingServer, workflowBundle } from '../support/temporal.js';

const cli = new Cli();
let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await timeSkippingServer();
});
afterAll(async () => {
  await env?.teardown();
});

/** Lets each of two segments hold the other's pictures, under records that are right in everything else. */
function swap(first: string, second: string): void {
  const record = (folder: string): { file: string; part: Part } => {
    const file = path.join(folder, readdirSync(folder).find((name) => name.endsWith('.json')) ?? '');
    return { file, part: partSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) };
  };
  const [a, b] = [record(first), record(second)];
  renameSync(path.join(first, a.part.file), path.join(second, a.part.file));
  renameSync(path.join(second, b.part.file), path.join(first, b.part.file));
  const write = (to: typeof a, { part: { file, bytes, sha256 } }: typeof a): void => {
    writeFileSync(to.file, JSON.stringify({ ...to.part, file, bytes, sha256 }));
  };
  write(a, b);
  write(b, a);
}

type Activities = EncodeActivities & ControlActivities;

/** A job of the film that its workflow and its activities make in this process. */
async function filmJob(name: string, segmentFrames: number) {
  const film = await makeFilm(cli.file(`${name}.mp4`));
  const config = loadConfig({ REELSCALE_HOME: cli.home });
  const output = cli.file(`${name}.x2.mp4`);
  const { spec } = await resolveJob(
    film,
    parseFlags({ output, model: 'bicubic', scale: '2', segmentFrames: String(segmentFrames), deinterlace: 'off' }),
    config,
  );
  await recordJob(config, spec);
  const deps = {
    roots: config.roots,
    shutdown: new AbortController().signal,
    checkpointSeconds: 60,
    minFreeBytes: 0,
    backlogBytes: 1e9,
  };
  const activities: Activities = { ...createEncodeActivities(deps), ...createControlActivities(deps) };
  const input: UpscaleVideoInput = {
    jobKey: spec.jobKey,
    upscaleKey: spec.upscaleKey,
    inputName: `${name}.mp4`,
    methodName: 'bicubic x2',
    method: 'filter',
    queues: { control: name, encode: name, upscale: [] },
    devices: 1,
    encodeSlots: 1,
    heartbeatSeconds: 60,
    keepMezzanine: false,
    searchAttributes: false,
  };
  const perform = async (changed: Partial<UpscaleVideoInput>, replaced: Partial<Activities>): Promise<unknown> => {
    const worker = await Worker.create({
      connection: env.nativeConnection,
      taskQueue: name,
      workflowBundle,
      activities: { ...activities, ...replaced },
    });
    return worker.runUntil(
      env.client.workflow.execute('upscaleVideo', {
        workflowId: spec.jobKey,
        taskQueue: name,
        args: [{ ...input, ...changed }],
      }),
    );
  };
  return { film, config, output, spec, layout: jobLayout(config.roots, spec), activities, perform };
}

const failureOf = (result: Promise<unknown>): Promise<unknown> =>
  result.then(
    () => undefined,
    (reason: unknown) => reason,
  );

it('a bad first segment ends its job before others are made; a second try makes the whole nevertheless', async () => {
  const { config, spec, layout, activities, perform } = await filmJob('bad', 10);
  const encodeSegment: Activities['encodeSegment'] = async (ref) => {
    if (ref.segment > 0) return activities.encodeSegment(ref);
    await activities.encodeSegment({ ...ref, segment: 5 });
    const made = await activities.encodeSegment(ref);
    swap(layout.encoded(ref.from, 0), layout.encoded(ref.from, 5));
    return made;
  };
  expect(await failureOf(perform({}, { encodeSegment }))).toBeInstanceOf(WorkflowFailedError);
  expect((await readJson(layout.state, endedSchema))?.message).toMatch(
    /^segment 1 of 10 did not pass its check: the picture is not the source's: frames 0 to 9$/,
  );
  expect(existsSync(layout.encoded('source', 9))).toBe(false);
  expect(existsSync(layout.video)).toBe(false);

  await recordJob(config, spec);
  expect(await failureOf(perform({}, {}))).toBeInstanceOf(WorkflowFailedError);
  expect((await readJson(layout.state, endedSchema))?.message).toMatch(
    /^the result did not pass its checks: the picture is not the source's: frames 0 to 9, frames 50 to 59/,
  );
  const rejected = await requireRejected(config, (await readStored(config.roots, spec.jobKey)) as StoredJob);
  expect(rejected.problems[0]).toContain('frames 0 to 9');
});

it('a job with swapped segments keeps all, names the frames, and publishes only when a person wants it', async () => {
  const { film, config, output, spec, layout, activities, perform } = await filmJob('film', 50);
  const concatSegments: Activities['concatSegments'] = async (ref) => {
    swap(layout.encoded(ref.from, 0), layout.encoded(ref.from, 1));
    await activities.concatSegments(ref);
  };
  const error = await failureOf(perform({}, { concatSegments }));

  expect(error).toBeInstanceOf(WorkflowFailedError);
  const ended = await readJson(layout.state, endedSchema);
  expect(ended).toMatchObject({ state: 'failed' });
  expect(ended?.message).toMatch(
    /^the result did not pass its checks: the picture is not the source's: frames 0 to \d+/,
  );

  expect(existsSync(output)).toBe(false);
  for (const segment of [0, 1])
    expect(readdirSync(layout.encoded('source', segment)).some((name) => name.endsWith('.mp4'))).toBe(true);
  const hidden = readdirSync(cli.folder).filter((name) => name.startsWith(hiddenPrefix(spec)));
  expect(hidden).toHaveLength(1);
  const kept = await readJson(layout.verified, verifyReportSchema);
  expect(kept?.ok).toBe(false);
  expect(readFileSync(layout.verifiedPage, 'utf8')).toContain('the picture is not the source&#39;s');

  const { code, value } = await cli.json<{ problems: string[] }>('verify', hidden[0] as string, '--against', film);
  expect(code).toBe(1);
  expect(value.problems).toEqual(kept?.problems);

  const [, again] = await Promise.all([cli.run('clean'), cli.run('publish', shortJob(spec))]);
  expect(again).toMatchObject({ code: 2, stdout: '' });
  expect(again.stderr).toContain(`${kept?.problems[0]}`);
  expect(again.stderr).toContain(`Look at ${layout.verifiedPage}`);
  const stored = (await readStored(config.roots, spec.jobKey)) as StoredJob;
  const rejected = await requireRejected(config, stored);
  // Nobody has said yet that it is wanted.
  await expect(perform({ accepted: { from: 'source' } }, {})).rejects.toThrow();
  expect(existsSync(output)).toBe(false);
  writeFileSync(output, 'another file');
  await expect(acceptResult(config, stored, rejected, false)).rejects.toThrow(/exists already/);
  expect(await readStored(config.roots, spec.jobKey)).toHaveProperty('ended');

  await acceptResult(config, stored, rejected, true);
  // What it was made of is not needed any more.
  rmSync(film);
  expect(await perform({ accepted: { from: 'source' } }, {})).toMatchObject({
    status: 'done',
    accepted: { problems: kept?.problems },
    sha256: rejected.sha256,
  });
  expect(await fileDigest(output)).toBe(rejected.sha256);
  expect(readdirSync(cli.folder).filter((name) => name.startsWith(hiddenPrefix(spec)))).toEqual([]);
  expect(await ownerOf(config.roots, spec.output)).toBeUndefined();
  expect((await cli.json('status', shortJob(spec))).value).toMatchObject({
    status: 'done (accepted, did not pass its checks)',
    accepted: kept?.problems,
  });
  expect(await cli.run('publish', shortJob(spec), '--anyway')).toMatchObject({
    code: 2,
    stderr: `reelscale: job ${shortJob(spec)} is published already: ${output}`,
  });
  // Another try is judged by itself.
  await recordJob(config, spec);
  for (const gone of [layout.accepted, layout.verified, layout.merged]) expect(existsSync(gone), gone).toBe(false);
});
