import os from 'node:os';
import path from 'node:path';
import { UserError } from './errors.js';

/** The one folder in which everything of Reelscale lies. @throws UserError where there is no place for it. */
export function stateFolder(env: NodeJS.ProcessEnv = process.env): string {
  return path.resolve(env['REELSCALE_HOME'] ?? defaultHome(env));
}

function defaultHome(env: NodeJS.ProcessEnv): string {
  const data = env['XDG_DATA_HOME'];
  return path.join(data && path.isAbsolute(data) ? data : path.join(usersFolder(env), '.local', 'share'), 'reelscale');
}

/**
 * HOME, or what the system knows where that is unset or empty, as under cron and systemd. @throws UserError when
 * neither is there.
 */
function usersFolder({ HOME }: NodeJS.ProcessEnv): string {
  if (HOME && path.isAbsolute(HOME)) return HOME;
  try {
    const { homedir } = os.userInfo();
    if (path.isAbsolute(homedir)) return homedir;
  } catch {
    // The user has a number only.
  }
  throw new UserError('there is no home folder for the state: set REELSCALE_HOME to a folder of your own');
}
