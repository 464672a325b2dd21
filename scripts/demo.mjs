import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { main, root, run, runNode, say } from './lib.mjs';
import { setup } from './setup.mjs';

const MODEL = 'realesr-animevideov3';
const reelscale = (...args) => runNode([path.join(root, 'bin/reelscale'), ...args]);

/** `demo [PATH] [flags of upscale]`: upscales a video, or a short generated clip, from nothing on a fresh machine. */
await main(import.meta, async () => {
  await setup();
  const [first, ...rest] = process.argv.slice(2);
  const given = first !== undefined && !first.startsWith('-');
  // npm starts scripts in the project's folder; the path was meant in the user's.
  const input = given ? path.resolve(process.env.INIT_CWD ?? process.cwd(), first) : await generatedClip();
  const flags = given || first === undefined ? rest : [first, ...rest];
  const output = path.join(path.dirname(input), `${path.parse(input).name}.x2.mp4`);

  let method = ['--model', MODEL, '--scale', '2'];
  if (reelscale('models', 'pull', MODEL) !== 0) {
    say(`${MODEL} could not be pulled; going on with compact-x2, which comes with Reelscale`);
    method = ['--model', 'compact-x2'];
  }
  const code = reelscale('upscale', '-o', output, '--overwrite', ...method, ...flags, '--', input);
  if (code === 0) say(`The source: ${input}\nThe result: ${output}`);
  return code;
});

/** Four seconds of a moving test picture with a tone, under the state folder. */
async function generatedClip() {
  const { loadConfig } = await import('../dist/temporal.config.js');
  const folder = path.join(loadConfig().home, 'demo');
  const file = path.join(folder, 'demo.mp4');
  if (existsSync(file)) return file;
  mkdirSync(folder, { recursive: true });
  say(`making a clip: ${file}`);
  const seconds = '4';
  run('ffmpeg', [
    '-hide_banner',
    '-loglevel',
    'error',
    '-nostdin',
    '-y',
    '-f',
    'lavfi',
    '-i',
    `testsrc2=size=256x192:rate=15:duration=${seconds}`,
    '-f',
    'lavfi',
    '-i',
    `sine=frequency=440:duration=${seconds}`,
    '-c:v',
    'libx264',
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
    file,
  ]);
  return file;
}
