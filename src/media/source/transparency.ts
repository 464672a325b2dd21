import { argv } from '../../lib/argv.js';
import { ContentFailure } from '../../lib/errors.js';
import { startFfmpeg } from '../ffmpeg/run.js';
import { inputFrom } from '../picture/frames.js';

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
  const run = startFfmpeg(args, { signal, stdout: 'pipe' });
  const read = async (): Promise<boolean> => {
    let through = false;
    for await (const samples of run.stdout as AsyncIterable<Buffer>)
      through ||= samples.some((alpha) => alpha !== 255);
    return through;
  };
  const [ended, through] = await Promise.allSettled([run.done, read()]);
  // What is too damaged to be decoded is found out elsewhere.
  if (ended.status === 'rejected' && !(ended.reason instanceof ContentFailure)) throw ended.reason;
  return through.status === 'fulfilled' && through.value;
}
