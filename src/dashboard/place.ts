import { z } from 'zod';
import { UserError } from '../lib/errors.js';
import { ownToken, readToken } from './token.js';

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);

/** Where to listen, as flags or the environment say. */
export interface Place {
  host: string;
  port: number | undefined;
  /** What must be said to come in, and the file that somebody keeps it in; undefined: it is the state folder's own. */
  token: string;
  tokenFile: string | undefined;
}

/**
 * @throws UserError where the dashboard would be open to other machines with a token that only its state folder knows,
 * and where a token's file cannot be used.
 */
export async function placeOf(
  home: string,
  { host, port, tokenFile }: { host: string; port: number | undefined; tokenFile: string | undefined },
): Promise<Place> {
  if (tokenFile === undefined && !isLoopback(host))
    throw new UserError(
      `listening on ${host} needs a token of your own: ` +
        'make one with (umask 077; openssl rand -hex 32 > FILE), and give --token-file FILE',
    );
  return { host, port, tokenFile, token: tokenFile === undefined ? await ownToken(home) : await readToken(tokenFile) };
}

/** What people are told: where it is, and how they come in. A token that somebody keeps in a file is not printed. */
export const invitation = ({ url }: { url: string }, { token, tokenFile }: Place): string =>
  tokenFile === undefined ? `open ${url}?token=${token}` : `its token is in ${tokenFile}`;

/** What the page's process says to the one that keeps it. */
export const listeningSchema = z.object({ port: z.number().int().min(1).max(65_535) });
