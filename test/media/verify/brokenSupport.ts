import path from 'node:path';
import { execa } from 'execa';
import { argv } from '../../../src/lib/argv.js';
import { verifyAgainst } from '../../../src/media/verify/against.js';
import type { VerifyReport } from '../../../src/media/verify/report.js';
import { type VerifyRequest, verifyDeliverable } from '../../../src/media/verify/verifyDeliverable.js';
import { ffmpeg } from '../../support/media.js';

export interface Found {
  /** By the check before publish. */
  published: VerifyReport;
  /** By `reelscale verify FILE --against SOURCE`. */
  against: VerifyReport;
}

export async function bothChecks(request: VerifyRequest, file = request.file): Promise<Found> {
  const published = await verifyDeliverable({ ...request, file });
  return { published: published.report, against: (await verifyAgainst(file, request.soundSource)).report };
}

export const encodeAgain = ['-map', '0', '-c', 'copy', '-c:v', 'libx264', '-preset', 'superfast', '-crf', '18'];

/** Makes another file of a good one. */
export async function change(good: string, name: string, ...args: string[]): Promise<string> {
  const file = path.join(path.dirname(good), name);
  await ffmpeg('-i', good, ...args, file);
  return file;
}

/** Bursts of a tone at no regular distance: what is heard when can be told. */
const BURSTS = '0.5*sin(2*PI*440*t)*gt(sin(2*PI*1.7*t)+0.7*sin(2*PI*2.9*t)+sin(2*PI*0.61*t),0.4)';

/** Three scenes with wide pixels, two audio tracks, a subtitle and two chapters: 100 frames. */
export async function makeFilm(file: string): Promise<string> {
  const chapters =
    ';FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=2000\ntitle=One\n' +
    '[CHAPTER]\nTIMEBASE=1/1000\nSTART=2000\nEND=4000\ntitle=Two\n';
  const lines = `${file}.srt`;
  await execa('ffmpeg', ['-v', 'error', '-y', '-f', 'srt', '-i', 'pipe:0', lines], {
    input: '1\n00:00:00,500 --> 00:00:01,500\nHello\n',
  });
  await execa(
    'ffmpeg',
    argv`
      -v error -y -f lavfi -i testsrc2=size=128x96:rate=25:duration=4 -f lavfi -i aevalsrc='${BURSTS}':s=48000:d=4
      -f lavfi -i aevalsrc='${BURSTS}':s=48000:d=4 -i ${lines} -f ffmetadata -i pipe:0 -map 0 -map 1 -map 2 -map 3
      -map_chapters 4 -vf hflip=enable='between(n,30,64)',vflip=enable='gte(n,65)',setsar=64/45 -c:v libx264
      -preset veryfast -crf 18 -pix_fmt yuv420p -c:a aac -c:s mov_text -metadata:s:a:0 language=eng
      -metadata:s:a:1 language=deu -metadata:s:s:0 language=eng ${file}
    `,
    { input: chapters },
  );
  return file;
}
