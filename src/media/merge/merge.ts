import { rm, writeFile } from 'node:fs/promises';
import type { Contents } from '../../job/contents.js';
import { runFfmpeg } from '../ffmpeg/runFfmpeg.js';
import { readContents } from '../source/fileContents.js';
import { convertText } from './convertText.js';
import { extractCover } from './cover.js';
import { mergeArgs } from './mergeArgs.js';
import type { MergeRequest } from './mergeRequest.js';
import { opusShift } from './opusShift.js';
import { type MergePlan, planContents } from './planContents.js';
import { charencOf, countLines, PLAIN_TEXT } from './subtitleText.js';
import { chapterFile } from './trimTracks.js';

export interface MergeResult {
  /** What the user should know: what is left out or converted, damage met while reading the sound. */
  warnings: string[];
  /** What the output holds now. */
  contents: Contents;
}

/**
 * Writes the deliverable: the video as it is, and of the source every audio track, subtitles, chapters, tags,
 * attachments and covers as far as the container takes them. Each stream keeps its own length, and all keep the
 * relation in time that they have in the source.
 */
export async function mergeAudio(request: MergeRequest): Promise<MergeResult> {
  const { source, info, container, output, signal, onProgress } = request;
  const [joined] = (await readContents(request.video, signal)).streams;
  if (!joined) throw new Error('the joined video holds no stream');
  const has = await readContents(source, signal);
  const plan = await planContents({
    ...request,
    videoCodec: joined.codec,
    file: source,
    source: has,
    video: info.video.index,
    program: info.program,
  });
  const texts = plan.tracks.filter(
    ({ kind, copied, source: index }) =>
      kind === 'subtitle' &&
      !copied &&
      PLAIN_TEXT.has(has.streams.find((stream) => stream.index === index)?.codec ?? ''),
  );
  for (const track of texts) {
    const charenc = await charencOf(source, track.source, track.language, signal);
    if (charenc === undefined) continue;
    track.charenc = charenc;
    plan.warnings.push(`${track.name} is not UTF-8: it is read as ${charenc}`);
  }
  const covers = new Map<number, string>();
  const beside: string[] = [];
  const another = (name: string | number): string => beside[beside.push(`${output}.${name}`) - 1] as string;
  try {
    const chapters = request.cut && another('chapters');
    if (chapters !== undefined) await writeFile(chapters, chapterFile(shiftedChapters(plan, request.firstPts)));
    for (const track of plan.tracks) {
      const { kind, source: index, encoder } = track;
      if (request.cut && kind === 'subtitle' && encoder !== 'copy') {
        track.converted = another(index);
        await convertText(
          source,
          { index, encoder, charenc: track.charenc, container, file: track.converted },
          signal,
        );
      }
      if (container === 'mp4') continue;
      if (track.codec === 'opus' && track.copied) track.late = await opusShift(source, index, another(index), signal);
      if (kind !== 'cover') continue;
      const file = another(index);
      covers.set(index, file);
      await extractCover(source, index, file, signal);
    }
    const { errors, stderrLines } = await runFfmpeg(mergeArgs(request, plan, covers, chapters), {
      signal,
      ...(onProgress && { onProgress }),
    });
    const damage =
      errors === 0
        ? []
        : [
            `reading the source's other tracks gave ${errors} error${errors === 1 ? '' : 's'}: ` +
              `${stderrLines[0] ?? ''}`,
          ];
    // Of a part only some lines are taken: how many, nobody has counted.
    for (const track of request.cut ? [] : texts) {
      const [is, wanted] = [
        await countLines(output, plan.tracks.indexOf(track), track.codec, signal),
        await countLines(source, track.source, 'text', signal),
      ];
      if (is < wanted) damage.push(`of ${track.name} ${wanted - is} of ${wanted} lines are lost`);
    }
    return { warnings: [...plan.warnings, ...damage], contents: plan.contents };
  } finally {
    for (const file of beside) await rm(file, { force: true });
  }
}

/** On the clock of the file, not of its first frame. */
function shiftedChapters(
  { contents, zero }: MergePlan,
  firstPts: number,
): { startSeconds: number; endSeconds: number }[] {
  const first = firstPts - zero / 1e6;
  return contents.chapters.map(({ startSeconds, endSeconds }) => ({
    startSeconds: startSeconds + first,
    endSeconds: endSeconds + first,
  }));
}
