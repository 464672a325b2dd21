import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { argv } from '../../src/lib/argv.js';
import { cacheFolder, sharedClip } from './clips.js';

/** Cartoons and films with sound, of several sizes, rates and codecs. */
const REAL = [
  'cartoon/sintel-trailer-480x204-aac-52s.mp4',
  'cartoon/bbb-720p24-vp8-vorbis-30s.webm',
  'live/pancake-426x240-opus-10s.mkv',
  'cartoon/bbb-720p25-aac51-5s.mp4',
];
const RATE = 25;
const CHAPTER_SECONDS = 300;
const LINE_SECONDS = 8;

export const hasEpisodeClips = (): boolean => REAL.every((name) => existsSync(sharedClip(name)));

/**
 * An episode as television keeps it: 720x576 with wide pixels, 25 frames a second, H.264, stereo AAC, chapters and a
 * subtitle; real clips in a loop. Made once for each length, with a reel of the clips that all lengths share.
 * @returns its path.
 */
export async function makeEpisode(frames: number): Promise<string> {
  const file = path.join(cacheFolder, `episode-${frames}.mp4`);
  if (existsSync(file)) return file;
  mkdirSync(cacheFolder, { recursive: true });
  const reel = await makeReel();
  const seconds = frames / RATE;
  const [lines, chapters, partial] = [`${file}.srt`, `${file}.chapters`, `${file}.partial`];
  writeFileSync(lines, subtitle(seconds));
  writeFileSync(chapters, chapterList(seconds));
  await execa('ffmpeg', [
    ...argv`
      -loglevel error -nostdin -y -stream_loop -1 -i ${reel} -i ${lines} -f ffmetadata -i ${chapters} -map 0:v
      -map 0:a -map 1:s -map_metadata 2 -map_chapters 2
    `,
    // The loop's seams must not show in the times. ffmpeg's -frames:v would end the sound early.
    ...argv`
      -vf setpts=N/${RATE}/TB,trim=end_frame=${frames} -r ${RATE} -af asetpts=N/SR/TB,atrim=end=${seconds}
      -c:v libx264 -preset veryfast -crf 21 -c:a aac -b:a 128k -c:s mov_text -metadata:s:a:0 language=eng
      -metadata:s:s:0 language=eng -f mp4 ${partial}
    `,
  ]);
  renameSync(partial, file);
  rmSync(lines);
  rmSync(chapters);
  return file;
}

/** The clips one after the other, nearly lossless. */
async function makeReel(): Promise<string> {
  const file = path.join(cacheFolder, 'reel-720x576.mkv');
  if (existsSync(file)) return file;
  const one = (i: number): string =>
    [
      `[${i}:v]fps=${RATE},scale=1024:576:force_original_aspect_ratio=decrease:flags=bicubic,` +
        `pad=1024:576:-1:-1,scale=720:576,setsar=64/45,format=yuv420p[v${i}]`,
      `[${i}:a]aresample=48000,aformat=channel_layouts=stereo[a${i}]`,
    ].join(';');
  const joined = `${REAL.map((_, i) => `[v${i}][a${i}]`).join('')}concat=n=${REAL.length}:v=1:a=1[v][a]`;
  await execa(
    'ffmpeg',
    argv`
    -loglevel error -nostdin -y ${REAL.flatMap((name) => ['-i', sharedClip(name)])}
    -filter_complex ${[...REAL.map((_, i) => one(i)), joined].join(';')} -map [v] -map [a] -c:v libx264
    -preset superfast -crf 10 -c:a flac -f matroska ${file}.partial
  `,
  );
  renameSync(`${file}.partial`, file);
  return file;
}

const clock = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(11, 23).replace('.', ',');

function subtitle(seconds: number): string {
  const lines = Array.from({ length: Math.ceil(seconds / LINE_SECONDS) }, (_, i) => i * LINE_SECONDS);
  return lines
    .map((from, i) => `${i + 1}\n${clock(from)} --> ${clock(Math.min(from + 3, seconds))}\nLine ${i + 1}\n`)
    .join('\n');
}

function chapterList(seconds: number): string {
  const starts = Array.from({ length: Math.ceil(seconds / CHAPTER_SECONDS) }, (_, i) => i * CHAPTER_SECONDS);
  const chapters = starts.map(
    (start, i) =>
      `[CHAPTER]\nTIMEBASE=1/1000\nSTART=${start * 1000}\n` +
      `END=${Math.min(start + CHAPTER_SECONDS, seconds) * 1000}\ntitle=Part ${i + 1}\n`,
  );
  return `;FFMETADATA1\ntitle=The Episode\n${chapters.join('')}`;
}
