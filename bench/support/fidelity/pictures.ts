import { execa } from 'execa';
import { argv } from '../../../src/lib/argv.js';
import type { Measured } from './measure.js';

/** PSNR of a result that is made as small as its source again, in dB. */
export interface Likeness {
  least: number;
  mean: Record<'y' | 'u' | 'v', number>;
}

const EQUAL = 100;

/** ffmpeg turns the source upright, and converts both to one format by their own tags. */
export async function likeness(source: Measured, result: Measured): Promise<Likeness> {
  const turned =
    (source.video.side_data_list.find(({ rotation }) => rotation !== undefined)?.rotation ?? 0) % 180 !== 0;
  const [width, height] = turned
    ? [source.video.height, source.video.width]
    : [source.video.width, source.video.height];
  const same = 'setsar=1,settb=1/25,setpts=N,format=yuv444p';
  const { stdout } = await execa('ffmpeg', [
    ...argv`-v quiet -nostdin -i ${result.file} -i ${source.file}`,
    '-lavfi',
    `[0:${result.video.index}]scale=${width}:${height}:flags=bicubic,${same}[a];` +
      `[1:${source.video.index}]${same}[b];[a][b]psnr=stats_file=-:shortest=1`,
    ...argv`-fps_mode passthrough -f null -`,
  ]);
  const frames = [...stdout.matchAll(/psnr_y:(\S+) psnr_u:(\S+) psnr_v:(\S+)/g)].map((match) =>
    match.slice(1).map((value) => (value === 'inf' ? EQUAL : Number(value))),
  );
  const mean = (plane: number): number =>
    frames.reduce((sum, values) => sum + (values[plane] ?? 0), 0) / Math.max(1, frames.length);
  return {
    least: frames.reduce((least, [y = 0]) => Math.min(least, y), Infinity),
    mean: { y: mean(0), u: mean(1), v: mean(2) },
  };
}
