import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { printable } from '../../src/lib/printable.js';
import { scratchFolder } from '../support/media.js';

const program = path.resolve(import.meta.dirname, '../../bin/reelscale');
const env = { REELSCALE_HOME: path.join(scratchFolder(), 'home') };

describe('what a terminal is shown', () => {
  it.each([
    ['an escape sequence', '\x1b]0;title\x07', '\\u001b]0;title\\u0007'],
    ['one of a single character', '\x9b31m', '\\u009b31m'],
    ['a return to the start of the line', 'a\rb', 'a\\u000db'],
    ['text from right to left', 'a\u202e4pm.exe\u202c', 'a\\u202e4pm.exe\\u202c'],
    ['letters, line breaks and tabs', 'ünï 東京 🎬\n\tb', 'ünï 東京 🎬\n\tb'],
  ])('%s', (_, given, shown) => {
    expect(printable(given)).toBe(shown);
    expect(JSON.parse(printable(JSON.stringify(given)))).toBe(given);
  });

  it('is free of control characters, whatever a file is called', async () => {
    const { stderr, exitCode } = await execa(program, ['upscale', '\x1b[31m\u202egone.mp4', '--\x9b1m'], {
      env,
      reject: false,
    });
    expect(stderr).toContain('\\u009b1m');
    expect(exitCode).toBe(2);
  });
});

describe('standard output that cannot be written is an error of one line', () => {
  const run = (redirected: string) =>
    execa('bash', ['-c', `"$0" models list ${redirected}; exit $?`, program], { env, reject: false });
  it.each([
    ['a full disk', '> /dev/full', 'no space is left on its disk'],
    ['a pipe that nobody reads', '> >(exec <&-; exec sleep 2)', 'nobody reads it any more'],
  ])('%s', async (_, redirected, why) => {
    const { stderr, exitCode } = await run(redirected);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toContain(`reelscale: standard output cannot be written: ${why}. What the command did is done`);
    expect(exitCode).toBe(1);
  });

  it('what was written whole is none', async () => {
    expect(await run('> /dev/null')).toMatchObject({ stderr: '', exitCode: 0 });
  });
});
