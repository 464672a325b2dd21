import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimOutput, ownerOf, releaseOutput } from '../../src/job/claims.js';
import { jobLayout } from '../../src/job/layout.js';
import { publishKept } from '../../src/lib/durable.js';
import { scratchFolder } from '../support/media.js';
import { filterSpec } from '../support/spec.js';

const roots = { jobs: scratchFolder() };
mkdirSync(roots.jobs, { recursive: true });
const output = (path: string) => ({ root: 'media' as const, path });

describe('a claim on an output', () => {
  it('goes to exactly one of many jobs that ask at the same time', async () => {
    const keys = Array.from({ length: 20 }, (_, i) => i.toString(16).padStart(32, '0'));
    const owners = await Promise.all(keys.map((key) => claimOutput(roots, output('a.mp4'), key)));
    expect(new Set(owners).size).toBe(1);
    expect(keys).toContain(owners[0]);
  });

  it('can be taken again once its owner gave it up', async () => {
    const [first, second] = ['a'.repeat(32), 'b'.repeat(32)];
    expect(await claimOutput(roots, output('b.mp4'), first)).toBe(first);
    await releaseOutput(roots, output('b.mp4'), second);
    expect(await ownerOf(roots, output('b.mp4'))).toBe(first);
    await releaseOutput(roots, output('b.mp4'), first);
    expect(await claimOutput(roots, output('b.mp4'), second)).toBe(second);
  });
});

it('a damaged claim is made again from the open job that has the output', async () => {
  const own = { jobs: path.join(roots.jobs, 'own') };
  const spec = filterSpec({ output: output('c.mp4') });
  const layout = jobLayout(own, spec);
  mkdirSync(layout.job, { recursive: true });
  await publishKept(layout.spec, spec);
  await claimOutput(own, spec.output, spec.jobKey);
  const file = path.join(own.jobs, 'outputs', readdirSync(path.join(own.jobs, 'outputs'))[0] as string);
  const before = readFileSync(file, 'utf8');
  writeFileSync(file, before.replace('aaaa', 'aaab'));
  expect(await claimOutput(own, spec.output, 'other')).toBe(spec.jobKey);
  expect(readFileSync(file, 'utf8')).toBe(before);
});
