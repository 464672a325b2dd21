import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { DEVICES } from '../../src/runtime/devices.js';

const root = path.join(import.meta.dirname, '../..');

/** All text of the program, with what is filled in and joined taken out. */
function program(): string {
  const files = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  return files
    .map((name) => readFileSync(path.join(root, 'src', name), 'utf8'))
    .join('\n')
    .replace(/'\s*\+\s*[`']|`\s*\+\s*[`']/g, '')
    .replaceAll(/^.*(\$\{DEVICES\[device\.kind\]\.advice\}).*$/gm, (line, advice: string) =>
      Object.values(DEVICES)
        .map((kind) => line.replace(advice, kind.advice))
        .join('\n'),
    );
}

it('the runbook has ten things that go wrong, and quotes what the program prints', () => {
  const runbook =
    readFileSync(path.join(root, 'docs/operations.md'), 'utf8')
      .split(/^## /m)
      .find((section) => section.startsWith('Ten things that go wrong')) ?? '';
  expect(runbook.match(/^### \d+\. /gm)?.map((head) => parseInt(head.slice(4), 10))).toEqual([
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
  ]);
  const quoted = [...runbook.matchAll(/^```\n([^]*?)^```/gm)].flatMap((block) => (block[1] ?? '').trim().split('\n'));
  expect(quoted.length).toBeGreaterThan(25);
  const text = program();
  const unknown = quoted.flatMap((line) =>
    line
      .split('…')
      .map((piece) => piece.trim())
      .filter((piece) => piece.length > 3 && !text.includes(piece)),
  );
  expect(unknown).toEqual([]);
});
