import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { loadConfig } from '../../temporal.config.js';
import { Cli, eventually } from '../support/cli.js';
import { makeClip } from '../support/media.js';

const program = path.resolve(import.meta.dirname, '../../bin/reelscale');
const modeOf = (file: string): number => lstatSync(file).mode & 0o777;

test("the state folder is the user's alone, even if it was open before; a result has the umask's mode", async () => {
  const cli = new Cli();
  await makeClip(cli.file('a.mp4'), { seconds: 0.2 });
  mkdirSync(path.join(cli.home, 'logs'), { recursive: true });
  writeFileSync(path.join(cli.home, 'logs', 'supervisor.log'), 'earlier\n');
  for (const [file, mode] of [
    [cli.home, 0o755],
    [path.join(cli.home, 'logs'), 0o775],
    [path.join(cli.home, 'logs', 'supervisor.log'), 0o664],
  ] as const)
    chmodSync(file, mode);
  const hook = `cat > ${cli.file('told')}`;
  const { exitCode, stderr } = await execa(
    'sh',
    ['-c', `umask 002; exec "$0" upscale a.mp4 -m bicubic -s 2 -o b.mp4 --on-done '${hook}'`, program],
    { cwd: cli.folder, reject: false, env: { REELSCALE_HOME: cli.home, REELSCALE_LINGER_SECONDS: '2' } },
  );
  expect({ exitCode, stderr, warned: stderr.includes('Warning') }).toMatchObject({ exitCode: 0, warned: false });
  // The supervisor is at work: its socket is there too.
  const open = readdirSync(cli.home, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(cli.home, name))
    .filter((file) => {
      // The server's journals come and go.
      const found = lstatSync(file, { throwIfNoEntry: false });
      return found !== undefined && !found.isSymbolicLink() && (found.mode & 0o077) !== 0;
    });
  expect([modeOf(cli.home), open]).toEqual([0o700, []]);
  expect(modeOf(cli.file('b.mp4'))).toBe(0o664);
  await eventually('the hook has run', () => existsSync(cli.file('told')));
  expect(modeOf(cli.file('told'))).toBe(0o664);
});

test.skipIf(process.getuid?.() !== 0)(
  'a state folder of another user, and one that is a file, say so in one line',
  async () => {
    const cli = new Cli();
    chmodSync(cli.folder, 0o755);
    mkdirSync(cli.home, { mode: 0o700 });
    writeFileSync(cli.file('file'), '');
    const list = (env: Record<string, string>, ...as: string[]) =>
      execa('setpriv', [...as, process.execPath, program, 'list'], {
        reject: false,
        cwd: '/',
        extendEnv: false,
        env: { PATH: process.env['PATH'], ...env },
      });
    const other = await list({ REELSCALE_HOME: cli.home }, '--reuid=1000', '--regid=1000', '--clear-groups');
    expect(other).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr:
        `reelscale: the state folder ${cli.home} belongs to another user (id 0): ` +
        'set REELSCALE_HOME to a folder of your own',
    });
    expect(await list({ REELSCALE_HOME: cli.file('file') })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^reelscale: the state folder .*file is no folder: .*$/) as string,
    });
    execFileSync('chown', ['1000', cli.home]);
    expect(await list({ REELSCALE_HOME: cli.home, SUDO_UID: '1000' })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/without sudo, or .*$/) as string,
    });
    expect(statSync(cli.home).uid).toBe(1000);
  },
);

test.each([undefined, '', 'relative'])(
  'with HOME %j the state is where the system says that the user is at home',
  (HOME) => {
    expect(loadConfig(HOME === undefined ? {} : { HOME }).home).toBe(
      path.join(os.userInfo().homedir, '.local/share/reelscale'),
    );
  },
);
