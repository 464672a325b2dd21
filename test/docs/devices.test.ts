import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { DEVICE_NAMES, DEVICES, WORKER_DEVICE_NAMES } from '../../src/runtime/devices.js';

const root = path.join(import.meta.dirname, '../..');
const page = (name: string): string => readFileSync(path.join(root, 'docs', name), 'utf8');
const code = (text: string): string => `\`${text}\``;

it('docs/devices.md has the devices of the table in src/runtime/devices.ts', () => {
  const rows = Object.values(DEVICES).map(({ name, computedBy, needs, setUp, precisions }) => {
    const cells = [code(name), computedBy, needs, code(setUp), precisions.map(code).join(', ')];
    return `| ${cells.join(' | ')} |`;
  });
  const written = page('devices.md').split('\n');
  const first = written.indexOf(rows[0] ?? '');
  expect(written.slice(first, first + rows.length + 1)).toEqual([...rows, '']);
});

it('docs/cli.md names them at the flags that take one', () => {
  const quoted = (names: string): string => names.replaceAll(/[\w:-]+:[\w:-]+|cpu/g, (name) => code(name));
  expect(page('cli.md')).toContain(`device to work on: ${quoted(DEVICE_NAMES)}`);
  expect(page('cli.md')).toContain(`device of the upscale role: ${quoted(WORKER_DEVICE_NAMES)}`);
});

it('what sets a device up is a script of the package', () => {
  const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { scripts: object };
  for (const { setUp } of Object.values(DEVICES)) expect(scripts).toHaveProperty([setUp.replace('npm run ', '')]);
});
