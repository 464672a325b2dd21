import { expect, it } from 'vitest';
import { buildProgram } from '../../src/cli/program/program.js';

/** The flags under each heading of a command's help. */
function helpOf(name: string): Record<string, string[]> {
  const command = buildProgram(() => undefined).commands.find((one) => one.name() === name);
  const groups = (command?.helpInformation() ?? '')
    .split(/^(?=\S)/m)
    .map((group): [string, string[]] => [
      group.split('\n')[0] ?? '',
      [...group.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, flag = '']) => flag),
    ]);
  return Object.fromEntries(groups.filter(([, flags]) => flags.length > 0));
}

it('the help of upscale and batch shows the flags that people use, and the others under their own heading', () => {
  const usual = ['--model', '--scale', '--preset', '--from', '--to', '--target', '--codec', '--crf'];
  const ending = ['--overwrite', '--detach', '--json', '--help'];
  const upscale = helpOf('upscale');
  expect(Object.keys(upscale)).toEqual(['Options:', 'Advanced:']);
  expect(upscale['Options:']).toEqual([...usual, '--output', ...ending]);
  expect(upscale['Advanced:']).toEqual(
    expect.arrayContaining(['--tile', '--hw-encoder', '--keep-mezzanine', '--notify', '--on-done']),
  );
  const batch = helpOf('batch');
  expect(new Set(batch['Options:'])).toEqual(new Set([...usual, '--out-dir', '--container', '--parallel', ...ending]));
  expect(batch['Advanced:']).toEqual(upscale['Advanced:']);
});
