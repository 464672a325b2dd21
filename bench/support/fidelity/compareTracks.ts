import { execa } from 'execa';
import { argv } from '../../../src/lib/argv.js';
import { type Cell, converted, kept, lost, none, together, unless } from './cells.js';
import { offsetOf } from './heard.js';
import { firstFrame, type Measured, type Stream } from './measure.js';

/** In seconds. */
const OFFSET = 0.001;
const MILLISECOND = 0.001_01;
/** A codec's longest block. */
const BLOCK = 0.065;

const language = ({ tags }: Stream): string => tags['language'] ?? 'und';

/** Sound, track by track: codec, language, and whether it ends where it ended. */
export function compareAudio(source: Measured, result: Measured, warnings: readonly string[]): Cell {
  if (source.audio.length === 0) return result.audio.length === 0 ? none : lost('a track appeared');
  const cells: Cell[] = source.audio.map((from, i) => {
    const to = result.audio[i];
    if (!to) return unless(warnings, /^audio track \d+ .*left out/, `track ${i + 1} (${from.codec_name})`);
    if (language(from) !== language(to)) return lost(`track ${i + 1}: ${language(from)} → ${language(to)}`);
    const end = ({ end = 0 }: Measured['audio'][number], file: Measured): number => end - firstFrame(file);
    if (Math.abs(end(to, result) - end(from, source)) > BLOCK)
      return lost(
        `track ${i + 1} ends at ${end(to, result).toFixed(3)} s instead of ${end(from, source).toFixed(3)} s`,
      );
    return from.codec_name === to.codec_name
      ? kept(from.codec_name)
      : converted(`${from.codec_name} → ${to.codec_name}`);
  });
  return together(cells);
}

/** When what is heard is heard in relation to the picture. */
export async function compareOffset(source: Measured, result: Measured): Promise<Cell> {
  const cells: Cell[] = [];
  for (const [track, { first }] of source.audio.entries()) {
    if (first === undefined || result.audio[track] === undefined) continue;
    const offset = await offsetOf(source, result, track);
    if (typeof offset === 'string')
      cells.push(offset === 'silent' ? kept('silent') : lost(`track ${track + 1} is something else`));
    else
      cells.push(
        Math.abs(offset) <= OFFSET
          ? kept(`${(Math.abs(offset) * 1000).toFixed(2)} ms`)
          : lost(`track ${track + 1} is ${(offset * 1000).toFixed(2)} ms late`),
      );
  }
  return together(cells);
}

export async function compareSubtitles(
  source: Measured,
  result: Measured,
  warnings: readonly string[],
): Promise<Cell> {
  if (source.subtitles.length === 0) return result.subtitles.length === 0 ? none : lost('a subtitle appeared');
  const cells: Cell[] = [];
  let next = 0;
  for (const [i, from] of source.subtitles.entries()) {
    const told = warnings.find((warning) => new RegExp(`^subtitle ${i + 1} of .*left out`).test(warning));
    if (told !== undefined) {
      cells.push({ state: 'left out', text: told });
      continue;
    }
    const to = result.subtitles[next++];
    if (!to) cells.push(lost(`${from.codec_name} ${language(from)}`));
    else if (language(from) !== language(to)) cells.push(lost(`${language(from)} → ${language(to)}`));
    else {
      const [is, wanted] = [await linesOf(result, to), await linesOf(source, from)];
      if (is !== wanted) cells.push(lost(`lines differ: ${is.slice(0, 60)} instead of ${wanted.slice(0, 60)}`));
      else
        cells.push(
          from.codec_name === to.codec_name
            ? kept(from.codec_name)
            : converted(`${from.codec_name} → ${to.codec_name}`),
        );
    }
  }
  return together(cells);
}

/**
 * Lines and when they are shown after the first frame, to a hundredth of a second; how many there are where they are
 * pictures.
 */
async function linesOf(file: Measured, { index, codec_name }: Stream): Promise<string> {
  if (/pgs|dvd|dvb|xsub/.test(codec_name)) {
    const { stdout } = await execa(
      'ffprobe',
      argv`-v quiet -select_streams ${index} -show_entries packet=size -of csv=p=0 ${file.file}`,
    );
    return stdout;
  }
  const { stdout } = await execa('ffmpeg', argv`-v quiet -nostdin -copyts -i ${file.file} -map 0:${index} -f srt -`);
  const zero = firstFrame(file);
  return stdout
    .replaceAll(/<[^>]*>|\{[^}]*\}/g, '')
    .replaceAll(/(\d+):(\d+):(\d+),(\d+)/g, (_, h, m, s, ms) =>
      (Number(h) * 3600 + Number(m) * 60 + Number(s) + Number(ms) / 1000 - zero).toFixed(2),
    );
}

export function compareChapters(source: Measured, result: Measured): Cell {
  if (source.chapters.length !== result.chapters.length)
    return lost(`${source.chapters.length} → ${result.chapters.length}`);
  if (source.chapters.length === 0) return none;
  const cells = source.chapters.map((from, i) => {
    const to = result.chapters[i] as typeof from;
    const [is, wanted] = [to.start - firstFrame(result), from.start - firstFrame(source)];
    if (Math.abs(is - wanted) > MILLISECOND)
      return lost(`chapter ${i + 1} begins at ${is.toFixed(3)} s instead of ${wanted.toFixed(3)} s`);
    if (to.title === from.title) return kept();
    return from.title === undefined
      ? converted(`no title → ${to.title ?? 'none'}`)
      : lost(`chapter ${i + 1}: ${from.title} → ${to.title ?? 'none'}`);
  });
  return together([kept(String(source.chapters.length)), ...cells]);
}

const KIND = ({ codec_type, disposition }: Stream): string =>
  disposition['attached_pic'] === 1 ? 'cover' : codec_type === 'video' ? 'video stream' : codec_type;

/** ISO 6709, which may be written with more or fewer digits: `+40.680-074.500/`. */
const place = (text: string): string => (text.match(/[+-][\d.]+/g) ?? []).map(Number).join(' ');

/** Covers, attached files, data, further pictures, and the tags of the file. */
export function compareOthers(source: Measured, result: Measured, warnings: readonly string[]): Cell {
  const cells: Cell[] = [];
  const count = (file: Measured, kind: string): number => file.others.filter((stream) => KIND(stream) === kind).length;
  for (const kind of new Set(source.others.map(KIND))) {
    const [is, wanted] = [count(result, kind), count(source, kind)];
    if (is >= wanted) cells.push(kept(`${wanted} ${kind}`));
    else cells.push(unless(warnings, new RegExp(`${kind}.* left out`), `${wanted - is} of ${wanted} ${kind}`));
  }
  for (const [name, value] of Object.entries(source.tags)) {
    const is = result.tags[name];
    if (is === value) cells.push(kept());
    else if (is !== undefined && name.startsWith('location') && place(is) === place(value)) cells.push(kept());
    else
      cells.push(
        unless(
          warnings,
          new RegExp(`tags are left out .*${name.replaceAll(/[^\w]/g, '.')}`),
          `tag ${name}: ${value} → ${is ?? 'none'}`,
        ),
      );
  }
  return together(cells);
}
