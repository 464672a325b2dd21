import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { protectDashedFiles } from '../../src/cli/dashedFiles.js';
import { scratchFolder } from '../support/media.js';

const folder = scratchFolder();
const before = process.cwd();
beforeAll(() => {
  for (const name of ['-clip.mp4', '--json', '-']) writeFileSync(path.join(folder, name), '');
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(before);
});

const isFlag = (argument: string): boolean => ['--json', '-o'].includes(argument);

it('a file whose name begins with a dash is named by its place', () => {
  expect(protectDashedFiles(['upscale', '-clip.mp4', '-o', 'out.mp4'], isFlag)).toEqual([
    'upscale',
    './-clip.mp4',
    '-o',
    'out.mp4',
  ]);
});

it('a flag stays a flag, also where a file has its name', () => {
  expect(protectDashedFiles(['upscale', 'a.mp4', '--json'], isFlag)).toEqual(['upscale', 'a.mp4', '--json']);
});

it('an unknown flag is left for the parser to refuse', () => {
  expect(protectDashedFiles(['upscale', '--colour'], isFlag)).toEqual(['upscale', '--colour']);
});

it('behind a double dash nothing is changed', () => {
  expect(protectDashedFiles(['upscale', '--', '-clip.mp4'], isFlag)).toEqual(['upscale', '--', '-clip.mp4']);
});

it('a dash by itself is no file', () => {
  expect(protectDashedFiles(['upscale', '-'], isFlag)).toEqual(['upscale', '-']);
});
