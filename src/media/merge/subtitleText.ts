import { ContentFailure } from '../../lib/errors.js';
import { readUntilFailure } from '../ffmpeg/readStdout.js';
import { runFfprobe } from '../ffmpeg/runFfprobe.js';
import { sourceInput } from '../ffmpeg/tools.js';

/** Subtitles whose packets are text and nothing else: only these may be in an encoding of long ago. */
export const PLAIN_TEXT = new Set(['subrip', 'srt', 'ass', 'ssa', 'text', 'webvtt']);

/** What Windows wrote in each language before UTF-8; by both codes of ISO 639-2 and that of 639-1. */
const CODE_PAGES: Record<string, string> = {
  CP874: 'tha th',
  CP932: 'jpn ja',
  GB18030: 'chi zho zh',
  CP949: 'kor ko',
  CP1250: 'cze ces cs slo slk sk pol pl hun hu slv sl hrv hr bos bs rum ron ro',
  CP1251: 'rus ru ukr uk bul bg bel be srp sr mac mkd mk',
  CP1253: 'gre ell el',
  CP1254: 'tur tr',
  CP1255: 'heb he',
  CP1256: 'ara ar per fas fa',
  CP1257: 'est et lav lv lit lt',
};
const codePage = (language = ''): string =>
  Object.entries(CODE_PAGES).find(([, languages]) => languages.split(' ').includes(language))?.[0] ?? 'CP1252';

/**
 * The encoding of a track of text, as iconv names it: told by its language, since 8-bit text does not say it. ffmpeg
 * drops every line that is not UTF-8.
 * @returns undefined for UTF-8.
 */
export async function charencOf(
  file: string,
  index: number,
  language: string | undefined,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { value: isUtf8 } = await readUntilFailure(
    ['-max_error_rate', '1', ...sourceInput(file), '-map', `0:${index}`, '-c', 'copy', '-f', 'data', 'pipe:1'],
    { signal },
    isText,
  );
  return isUtf8 ? undefined : codePage(language);
}

/** Reads UTF-8 until something is none. */
async function isText(stream: AsyncIterable<Buffer>): Promise<boolean> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  try {
    for await (const piece of stream) decoder.decode(piece, { stream: true });
    decoder.decode();
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

/**
 * How many lines a track of text holds. MP4 writes the pauses between lines too, as lines of no bytes behind a length
 * of two.
 */
export async function countLines(file: string, index: number, codec: string, signal?: AbortSignal): Promise<number> {
  let lines = 0;
  await runFfprobe(
    ['-select_streams', String(index), '-show_entries', 'packet=size', '-of', 'csv=p=0', ...sourceInput(file)],
    {
      signal,
      onLine: (size) => {
        if (parseInt(size, 10) > (codec === 'mov_text' ? 2 : 0)) lines++;
      },
    },
  )
    // Of a damaged file what can be read counts.
    .catch((error: unknown) => {
      if (!(error instanceof ContentFailure)) throw error;
    });
  return lines;
}
