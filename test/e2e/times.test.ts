import { execa } from 'execa';
import { expect, it } from 'vitest';
import type { JobReport } from '../../src/job/contracts.js';
import { argv } from '../../src/lib/argv.js';
import { decodedPts, streams } from '../media/encodeSupport.js';
import { Cli } from '../support/cli.js';
import { ffmpeg, makeClip } from '../support/media.js';

const cli = new Cli();

async function upscale(input: string, output: string): Promise<JobReport> {
  const { code, value, stderr } = await cli.json<JobReport>(
    'upscale',
    input,
    ...argv`-o ${output} --preset preview -s 2 --deinterlace off --segment-frames 12`,
  );
  expect(code, stderr).toBe(0);
  return value;
}

const noReordering = ['-c:v', 'libx264', '-preset', 'ultrafast', '-bf', '0', '-pix_fmt', 'yuv420p'];

it.each(['24000/1001', '30000/1001', '25/1', '60/1'])(
  'a film at %s in a container of milliseconds keeps exactly that rate, and its last frame is as long as others',
  async (rate) => {
    const name = rate.replace('/', '-');
    await makeClip(cli.file(`${name}.mkv`), { seconds: 1, rate, size: '64x48', audioTracks: 0, video: noReordering });
    expect((await streams(cli.file(`${name}.mkv`)))[0]).toMatchObject({ time_base: '1/1000' });
    const { output, frames } = await upscale(`${name}.mkv`, `${name}.mp4`);
    const pts = await decodedPts(output);
    const step = (pts[1] ?? 0) - (pts[0] ?? 0);
    expect(pts).toEqual(Array.from({ length: frames }, (_, i) => (pts[0] ?? NaN) + i * step));
    expect((await streams(output))[0]).toMatchObject({
      avg_frame_rate: rate,
      r_frame_rate: rate,
      duration_ts: frames * step,
    });
  },
);

it('a timestamp that is equal or goes back is shown a tick after the one before; the report counts them', async () => {
  await makeClip(cli.file('even.mkv'), { seconds: 2, size: '64x48', audioTracks: 0, video: noReordering });
  await ffmpeg(
    ...argv`
      -i ${cli.file('even.mkv')} -c copy -bsf:v setts=ts='if(eq(N,10),PREV_OUTPTS,if(eq(N,20),PTS-50,PTS))'
      ${cli.file('uneven.mkv')}
    `,
  );
  const { stdout } = await execa(
    'ffprobe',
    argv`-v quiet -show_entries packet=pts -of csv=p=0 ${cli.file('uneven.mkv')}`,
  );
  const raw = stdout.split('\n').map((line) => parseInt(line, 10));
  const wanted = raw.reduce<number[]>((all, pts) => [...all, Math.max(pts, (all.at(-1) ?? -1) + 1)], []);
  const moved = wanted.filter((pts, i) => pts !== raw[i]).length;
  expect(moved).toBeGreaterThan(1);
  const { output, warnings } = await upscale('uneven.mkv', 'uneven.mp4');
  const [{ time_base: timebase } = { time_base: '' }] = await streams(output);
  const ticks = Number(String(timebase).split('/')[1]) / 1000;
  expect(await decodedPts(output)).toEqual(wanted.map((ms) => (ms - (wanted[0] as number)) * ticks));
  expect(warnings).toContain(`${moved} timestamps of the source did not increase and were moved`);
});
