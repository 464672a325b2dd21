import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { hasCode } from '../../job/durable.js';
import { UserError } from '../../job/errors.js';

const LEAST_LENGTH = 16;
const SESSION_SECONDS = 30 * 24 * 3600;

/** Reads a token from a file, white space around it apart. @throws UserError when there is none that is long enough. */
export async function readToken(file: string): Promise<string> {
  let text: string;
  try {
    text = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR')) throw new UserError(`the token file ${file} cannot be read: make one, for example with openssl rand -hex 32 > ${file}`);
    throw error;
  }
  if (text.length < LEAST_LENGTH || /\s/.test(text)) throw new UserError(`the token in ${file} must have at least ${LEAST_LENGTH} characters and no spaces: openssl rand -hex 32 makes one`);
  return text;
}

/** Who may come in: whoever has the token, or a session that was made with it. Sessions are signed, so that they survive a restart. */
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
