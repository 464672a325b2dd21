import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { ContentFailure, UserError, WorldError } from '../../lib/errors.js';
import { shown } from '../../lib/printable.js';
import { hasCode } from '../../lib/systemErrors.js';
import { fileHeader, type Header, type HeaderStream } from './header.js';

/** What ffprobe says of bytes that it cannot use; other failures are the machine's. */
const BAD_CONTENT = new RegExp(
  'Invalid data found|not on whitelist|End of file|Invalid argument|patches welcome|came to no end|' +
    'Cannot allocate memory|was ended by SIG(SEGV|ABRT|FPE|BUS|ILL)',
  'i',
);

/**
 * Reads the header of a file that a person named.
 * @throws UserError of one line where it is not there, may not be read, is no video, or would take all memory.
 */
export async function requireHeader(file: string, signal: AbortSignal | undefined): Promise<Header> {
  await checkFile(file);
  const header = await readStreams(file, signal);
  checkSizes(file, header.streams);
  return header;
}

async function checkFile(file: string): Promise<void> {
  const name = shown(file);
  try {
    const found = await stat(file);
    if (found.isDirectory()) throw new UserError(`${name} is a folder; name a video file`);
    if (!found.isFile()) throw new UserError(`${name} is not a regular file; save the video to a file first`);
    if (found.size === 0) throw new UserError(`${name} is empty`);
    await access(file, constants.R_OK);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) throw new UserError(`${name} does not exist`);
    if (hasCode(error, 'EACCES', 'EPERM')) throw new UserError(`${name} may not be read; check its permissions`);
    if (hasCode(error, 'ENAMETOOLONG', 'ELOOP', 'ERR_INVALID_ARG_VALUE'))
      throw new UserError(`${name} is not a usable path`);
    throw error;
  }
}

async function readStreams(file: string, signal: AbortSignal | undefined): Promise<Header> {
  try {
    return await fileHeader(file, signal);
  } catch (error) {
    // ffprobe opens a decoder for every stream before it says anything, and ends where one of them refuses the
    // stream's header.
    const closed =
      error instanceof ContentFailure && /Could not open codec for input stream (\d+)/.exec(error.message)?.[1];
    if (closed)
      throw new UserError(
        `stream ${closed} of ${shown(file)} is damaged, or coded in a way that this ffmpeg cannot decode: ` +
          `copy the file without it first (ffmpeg -i … -map 0 -map -0:${closed} -c copy …)`,
      );
    if (!(error instanceof WorldError && BAD_CONTENT.test(error.message))) throw error;
    throw new UserError(
      `${shown(file)} is not a video that can be read: its format is unknown or not allowed, or its header is damaged`,
    );
  }
}

/**
 * All that ffmpeg decodes, and keeps, in its first look at a file: 2 GB, four times the largest picture that codecs
 * allow.
 */
const MOST_PIXELS = 2 ** 29;

function checkSizes(file: string, streams: HeaderStream[]): void {
  const pixels = streams.reduce(
    (sum, { codec_type, width = 0, height = 0 }) => sum + (codec_type === 'video' ? width * height : 0),
    0,
  );
  if (pixels > MOST_PIXELS)
    throw new UserError(
      `${shown(file)} holds pictures of ${Math.round(pixels / 1e6)} million pixels in its video tracks and covers, ` +
        'which would all be decoded at once: take some of them out first',
    );
}
