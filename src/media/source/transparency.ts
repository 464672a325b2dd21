import { argv } from '../../lib/argv.js';
import { readUntilFailure } from '../ffmpeg/readStdout.js';
import { inputFrom } from '../picture/frameSource.js';

/** Pictures that are looked at: one that is not opaque comes early, if at all. */
const PICTURES = 100;

/**
 * Whether anything shows through a GIF's pictures. Its decoder gives alpha always, and opaque files mark what does not
 * change as transparent.
 */
export async function showsThrough(file: string, stream: number, signal?: AbortSignal): Promise<boolean> {
  const args = argv`
    ${inputFrom(file, stream, undefined)} -frames:v ${PICTURES} -vf format=bgra,alphaextract,format=gray -f rawvideo
    pipe:1
  `;
  // What is too damaged to be decoded is found out elsewhere.
  const { value } = await readUntilFailure(args, { signal }, async (stdout) => {
    for await (const samples of stdout as AsyncIterable<Buffer>)
      if (samples.some((alpha) => alpha !== 255)) return true;
    return false;
  });
  return value;
}
