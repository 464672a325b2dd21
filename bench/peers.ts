import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { argv } from '../src/lib/argv.js';
import { projectRoot } from '../src/lib/project.js';
import { makeEnvironment, PUBLISHED } from '../tools/parity/environment.js';
import { type Contender, type Match, oursByCpu, oursByOpenvino, peer } from './peers/contenders.js';
import { compareNetworks } from './peers/networks.js';
import { compareWhole } from './peers/whole.js';
import { cacheFolder, makeClip } from './support/clips.js';
import { pulled } from './support/pulled.js';
import { numberFlag, printMachine } from './support/report.js';

/**
 * The same networks on the same processor by others: PyTorch, ncnn, OpenVINO's own API; and whole videos by
 * framelift-video and by Real-ESRGAN's own loop.
 *
 *   npm run bench -- peers [--rounds 5] [--seconds 3] [--frames 60]
 *
 * Its Python environment comes from PyPI and is kept in reelscale-bench-cache in the temporary folder. All take turns.
 */
const rounds = numberFlag('rounds', 5);
const seconds = numberFlag('seconds', 3);
const frames = numberFlag('frames', 60);

const scripts = path.join(projectRoot, 'bench/peers');
const MATCHES = [
  { network: 'realesr-animevideov3', ncnn: 'realesr-animevideov3-x4', width: 360, height: 288, owed: 5 },
  { network: 'realesrgan-x4plus', ncnn: 'realesrgan-x4plus', width: 128, height: 128, owed: 4 },
];

/** One picture of the clip, as planes of 8 bits in the order R, G, B. */
async function somePicture(width: number, height: number): Promise<Uint8Array> {
  const clip = await makeClip(720, 576, 100);
  const { stdout } = await execa(
    'ffmpeg',
    argv`
      -loglevel error -ss 2 -i ${clip.file} -frames:v 1 -vf crop=${width}:${height}
      -pix_fmt gbrp -f rawvideo pipe:1
    `,
    { encoding: 'buffer' },
  );
  const [size, [green, blue, red]] = [width * height, [0, 1, 2]];
  return Buffer.concat([red, green, blue].map((plane) => stdout.subarray(plane * size, (plane + 1) * size)));
}

const work = path.join(cacheFolder, 'peers');
const python = await makeEnvironment(path.join(cacheFolder, 'peers-python'), [
  ['-r', path.join(scripts, 'requirements.txt')],
  PUBLISHED.install,
]);
const { stdout: ncnnModels } = await execa(python, ['-c', 'from published import WEIGHTS; print(WEIGHTS)'], {
  env: { PYTHONPATH: PUBLISHED.folder },
});
await mkdir(work, { recursive: true });
printMachine();
console.log(`${os.cpus()[0]?.model.trim()}; ${rounds} rounds of ${seconds} s each, in turns; medians`);

let reached = true;
for (const { network, ncnn, width, height, owed } of MATCHES) {
  const picture = await somePicture(width, height);
  const file = path.join(work, 'picture.rgb');
  await writeFile(file, picture);
  const match: Match = { model: await pulled(network), picture, file, width, height, work, python, scripts };
  const contenders: Contender[] = [
    await oursByCpu(match),
    ...(await oursByOpenvino(match)),
    await peer('torch', 'fp32', match),
    await peer('torch', 'bf16', match),
    await peer('ncnn', 'fp32', { ...match, model: path.join(ncnnModels, `${ncnn}.param`) }),
    await peer('openvino', 'fp32', match),
    await peer('openvino', 'bf16', match),
  ];
  console.log(`\n${network} x4, ${width}x${height}`);
  reached = (await compareNetworks(contenders, { rounds, seconds, owed })) && reached;
  await Promise.all(contenders.map((each) => each.close()));
}
reached =
  (await compareWhole({
    python,
    scripts,
    work,
    model: await pulled('realesr-animevideov3'),
    frames,
    rounds: Math.min(rounds, 3),
  })) && reached;
process.exitCode = reached ? 0 : 1;
