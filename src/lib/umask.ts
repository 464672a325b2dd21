import { mkdirSync } from 'node:fs';

/** The user's own umask, in octal, handed on to child processes, which start with the private one. */
const VARIABLE = 'REELSCALE_UMASK';
const PRIVATE = 0o077;

function usersUmask(): number | undefined {
  const text = process.env[VARIABLE];
  return text !== undefined && /^[0-7]{1,4}$/.test(text) ? parseInt(text, 8) & 0o777 : undefined;
}

/**
 * From here on this process and its children make files that only the user can read, unless they are published.
 * @param shared true: state is shared with other hosts, perhaps of other users; the user's umask holds then.
 */
export function keepPrivate(shared: boolean): void {
  const before = process.umask(PRIVATE);
  const users = usersUmask() ?? before;
  process.env[VARIABLE] = users.toString(8);
  if (shared) process.umask(users);
}

/** Mode of a file that is for others too, such as a result beside its source: what the user's umask leaves. */
export const publicMode = (): number => 0o666 & ~(usersUmask() ?? process.umask());

/** Runs something synchronous, such as the start of the user's own program, under the user's umask. */
export function asUser<T>(act: () => T): T {
  const own = process.umask(usersUmask() ?? process.umask());
  try {
    return act();
  } finally {
    process.umask(own);
  }
}

/** Makes a folder for results, with those above it. */
export const makePublicFolder = (folder: string): void => {
  asUser(() => mkdirSync(folder, { recursive: true }));
};
