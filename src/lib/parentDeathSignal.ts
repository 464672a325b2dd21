import { existsSync } from 'node:fs';

const utility = (name: string): string | undefined =>
  [`/usr/bin/${name}`, `/bin/${name}`].find((file) => existsSync(file));
/** util-linux's setpriv makes the kernel end a child when its parent dies, even by kill -9. */
const SETPRIV = utility('setpriv');
/** Its prlimit bounds what a process may allocate. */
const PRLIMIT = utility('prlimit');

/**
 * The command line that ends with its parent where the system can do that.
 * @param memory what the process may allocate, in bytes, where the system can bound it.
 */
export function withParentDeathSignal(tool: string, args: readonly string[], memory?: number): [string, string[]] {
  const bounded =
    memory !== undefined && PRLIMIT ? [PRLIMIT, `--data=${memory}`, '--', tool, ...args] : [tool, ...args];
  const [first = tool, ...rest] = SETPRIV ? [SETPRIV, '--pdeathsig', 'KILL', '--', ...bounded] : bounded;
  return [first, rest];
}
