import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { discardJob } from '../../src/job/store.js';
import { argv } from '../../src/lib/argv.js';
import { PUBLISHED } from '../../tools/parity/environment.js';
import { makeClip } from '../support/clips.js';
import { stageTimes } from '../support/history.js';
import { type BenchHome, inBenchHome } from '../support/home.js';
import { atLeast, median } from '../support/report.js';

const [WIDTH, HEIGHT] = [360, 288];
/** What each encodes with. */
const [CRF, PRESET] = ['20', 'veryfast'];
const SKIPPED = 500;
const OWED = { framelift: 1.5, loop: 4 };

interface Setting {
  python: string;
  scripts: string;
  work: string;
  /** ONNX file of animevideov3 x4. */
  model: string;
  frames: number;
  rounds: number;
}

/** A whole video by one command: decoded, enlarged four times, encoded. @returns whether what is owed is reached. */
export async function compareWhole({ python, scripts, work, model, frames, rounds }: Setting): Promise<boolean> {
  const clip = await middleOf((await makeClip(WIDTH, HEIGHT, SKIPPED + frames)).file, work);
  const weights = path.join(work, 'weights');
  await mkdir(weights, { recursive: true });
  const file = path.join(weights, 'realesr-animevideov3.pth');
  const env = { PYTHONPATH: PUBLISHED.folder, PYTHONDONTWRITEBYTECODE: '1' };
  await execa(python, [path.join(scripts, 'weights.py'), model, file], { env });
  const out = path.join(work, 'result.mp4');
  const framelift = (tile: string) => () =>
    execa(path.join(path.dirname(python), 'framelift'), [
      ...argv`-i ${clip} -o ${out} --no-audio --model realesr-animevideov3 --scale 4 --ai-strength 1`,
      ...argv`--device cpu --backend openvino --tile ${tile} --weights-dir ${weights} --crf ${CRF}`,
      ...argv`--x264-preset ${PRESET} -q`,
    ]);
  const loop = () =>
    execa(python, [path.join(scripts, 'loop.py'), clip, file, out, CRF, PRESET], { env, stdout: 'ignore' });

  return inBenchHome(async (home) => {
    const seconds = { ours: [] as number[], tiled: [] as number[], framelift: [] as number[], loop: [] as number[] };
    await execa('cp', ['-r', `${modelsRootOf(model)}/.`, home.config.roots.models]);
    // What the first job would do.
    await home.start(['tune', '-m', 'realesr-animevideov3', '-s', '4']);
    for (let round = 0; round < rounds; round++) {
      seconds.ours.push(await throughJob(home, clip));
      seconds.tiled.push(await timed(framelift('256')));
      seconds.framelift.push(await timed(framelift('0')));
      seconds.loop.push(await timed(loop));
    }
    return report(seconds, frames, rounds);
  });
}

/** Without the first frames, which are black in the trailer: framelift-video refuses them. */
async function middleOf(film: string, folder: string): Promise<string> {
  const clip = path.join(folder, 'clip.mp4');
  await execa(
    'ffmpeg',
    argv`
    -loglevel error -y -ss ${SKIPPED / 25} -i ${film} -an -c:v libx264 -preset medium -crf 18 -pix_fmt yuv420p ${clip}
  `,
  );
  return clip;
}

const modelsRootOf = (model: string): string => path.dirname(path.dirname(model));

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** The whole command with the check of its result, as it comes; nothing is reused between rounds. */
async function throughJob(home: BenchHome, clip: string): Promise<number> {
  const out = home.file('result.mp4');
  const seconds = await timed(async () => {
    const { exitCode, stderr } = await home.start([
      ...argv`upscale ${clip} -o ${out} -m realesr-animevideov3 -s 4 --crf ${CRF} --encoder-preset ${PRESET}`,
    ]);
    if (exitCode !== 0) throw new Error(`the job ended with code ${exitCode ?? 'none'}: ${stderr}`);
  });
  const { spec } = await stageTimes(home.config, out);
  await discardJob(home.config.roots, spec);
  await rm(out);
  return seconds;
}

function report(seconds: Record<'ours' | 'tiled' | 'framelift' | 'loop', number[]>, frames: number, rounds: number) {
  console.log(
    `\nwhole videos: realesr-animevideov3 x4, ${WIDTH}x${HEIGHT}, ${frames} frames, x264 ${PRESET}, CRF ${CRF}; ` +
      `whole commands, medians of ${rounds}`,
  );
  const names = {
    ours: 'ours, with its check',
    tiled: 'framelift-video, OpenVINO, tiles of 256 (its default)',
    framelift: 'framelift-video, OpenVINO, whole frames',
    loop: "Real-ESRGAN's own loop, PyTorch fp32",
  };
  const ours = median(seconds.ours);
  console.table(
    Object.entries(names).map(([who, name]) => {
      const took = median(seconds[who as keyof typeof seconds]);
      return {
        who: name,
        seconds: took.toFixed(1),
        fps: (frames / took).toFixed(2),
        'ours is': `${(took / ours).toFixed(2)} times as fast`,
      };
    }),
  );
  const best = Math.min(median(seconds.tiled), median(seconds.framelift)) / ours;
  const loop = median(seconds.loop) / ours;
  console.log(`ours / framelift-video at its best: ${atLeast(best, OWED.framelift)}`);
  console.log(`ours / Real-ESRGAN's own loop: ${atLeast(loop, OWED.loop)}`);
  return best >= OWED.framelift && loop >= OWED.loop;
}
