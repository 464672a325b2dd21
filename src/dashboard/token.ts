import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdir, open, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { publishFile } from '../client/job/outputFile.js';
import { UserError } from '../lib/errors.js';
import { exists } from '../lib/files.js';
import { hasCode } from '../lib/systemErrors.js';

const LEAST_LENGTH = 16;
const SESSION_SECONDS = 30 * 24 * 3600;

/**
 * Reads a token from a file, white space around it apart. @throws UserError when there is none that is long enough,
 * and when others may read it.
 */
export async function readToken(file: string): Promise<string> {
  const text = await readOwn(file).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR', 'ELOOP'))
      throw new UserError(
        `the token file ${file} cannot be read: ` +
          `make one, for example with (umask 077; openssl rand -hex 32 > ${file})`,
      );
    throw error;
  });
  if (text.length < LEAST_LENGTH || /\s/.test(text))
    throw new UserError(
      `the token in ${file} must have at least ${LEAST_LENGTH} characters and no spaces: ` +
        `(umask 077; openssl rand -hex 32 > ${file}) makes one`,
    );
  return text;
}

/** What was read belongs to the file whose rights were looked at. */
async function readOwn(file: string): Promise<string> {
  const handle = await open(file);
  try {
    const { mode } = await handle.stat();
    if ((mode & 0o077) !== 0)
      throw new UserError(
        `others may read or write the token file ${file}: ` +
          `chmod 600 ${file}, and put a new token into it if they may have seen this one`,
      );
    return (await handle.readFile('utf8')).trim();
  } finally {
    await handle.close();
  }
}

/** The token of a state folder, which is made once and stays. @throws UserError as {@link readToken}. */
export async function ownToken(home: string): Promise<string> {
  const file = path.join(home, 'dashboard-token');
  if (!(await exists(file))) {
    await mkdir(home, { recursive: true });
    await publishFile(
      file,
      false,
      (temporary) => writeFile(temporary, `${randomBytes(32).toString('hex')}\n`, { mode: 0o600, flag: 'wx' }),
      0o600,
    ).catch((error: unknown) => {
      // Another process was faster: its token is the one.
      if (!(error instanceof UserError)) throw error;
    });
  }
  return readToken(file);
}

/**
 * Who may come in: whoever has the token, or a session that was made with it. Sessions are signed, so that they
 * survive a restart.
 */
export class Doorkeeper {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  static readonly sessionSeconds = SESSION_SECONDS;

  hasToken(given: string): boolean {
    return same(given, this.#token);
  }

  /** @param now in milliseconds. */
  session(now: number): string {
    const until = Math.floor(now / 1000) + SESSION_SECONDS;
    return `${until}.${this.#sign(until)}`;
  }

  hasSession(given: string, now: number): boolean {
    const [until = '', signature = ''] = given.split('.');
    return /^\d{1,12}$/.test(until) && same(signature, this.#sign(Number(until))) && Number(until) * 1000 > now;
  }

  #sign(until: number): string {
    return createHmac('sha256', this.#token).update(`reelscale dashboard session until ${until}`).digest('base64url');
  }
}

/** Takes as long whatever the difference is: digests have one length and tell nothing of what they are of. */
function same(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
