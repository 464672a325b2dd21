import { createHash } from 'node:crypto';
import { execa } from 'execa';
import { argv } from '../../src/lib/argv.js';

export interface Contents {
  file: string;
  frames: number;
  /** Of all packets of picture, sound and subtitles with their times, and of all decoded frames with theirs. */
  digest: string;
}

/** What a result holds, measured with ffmpeg alone. */
export async function contentsOf(file: string): Promise<Contents> {
  const tracks = ['-map', '0:v', '-map', '0:a?', '-map', '0:s?'];
  const packets = await framemd5(file, [...tracks, '-c', 'copy']);
  const frames = await framemd5(file, ['-map', '0:V:0', '-fps_mode', 'passthrough']);
  return {
    file,
    frames: frames.split('\n').filter((line) => /^\d/.test(line)).length,
    digest: createHash('sha256').update(packets).update(frames).digest('hex'),
  };
}

async function framemd5(file: string, args: string[]): Promise<string> {
  const { stdout } = await execa('ffmpeg', argv`-v error -nostdin -i file:${file} ${args} -f framemd5 -`);
  return stdout;
}
