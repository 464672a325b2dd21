import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from './build.mjs';
import { digestOf, main, onPath, readText, root, run, SetupError, say } from './lib.mjs';

/**
 * Brings a machine to the point where every command works. Each step looks first and works only when something is
 * missing; it prints a line when it does.
 * @param tests whether the tests are to work too: some of them need a browser.
 */
export async function setup({ log = say, tests = false } = {}) {
  checkNode();
  installPackages(log);
  installFfmpeg(log);
  if (tests) installChromium(log);
  await build({ log });
  await provideTemporal(log);
  await provideOpenvino(log);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new SetupError(`Node ${process.versions.node} is too old: 20.19 or newer is needed`);
}

function installPackages(log) {
  const stamp = path.join(root, 'node_modules', '.reelscale-lock');
  const lock = digestOf(['package-lock.json']);
  if (readText(stamp) === lock) return;
  log('installing npm packages');
  // Install scripts are off by .npmrc: ONNX Runtime's would download its CUDA files.
  run('npm', ['ci', '--no-audit', '--no-fund']);
  writeFileSync(stamp, lock);
}

function installFfmpeg(log) {
  if (onPath('ffmpeg') && onPath('ffprobe')) return;
  if (!hasApt()) {
    throw new SetupError(
      'ffmpeg is missing: install it first ' +
        `(${process.platform === 'darwin' ? 'brew install ffmpeg' : 'as root: apt-get install ffmpeg'})`,
    );
  }
  installByApt('ffmpeg', log);
}

/** Tests in a browser are skipped where there is none. */
function installChromium(log) {
  if (['chromium', 'chromium-browser', 'google-chrome'].some(onPath)) return;
  try {
    if (!hasApt()) throw new SetupError('apt-get as root would install it');
    installByApt('chromium', log);
  } catch (error) {
    log(`chromium is missing, the tests in a browser are skipped: ${error.message}`);
  }
}

export const hasApt = () => process.getuid?.() === 0 && onPath('apt-get') !== undefined;

export function installByApt(name, log) {
  log(`installing ${name}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['-q', 'update'], { env });
  run('apt-get', ['-q', 'install', '-y', '--no-install-recommends', name], { env });
}

async function provideTemporal(log) {
  const { loadConfig } = await import('../dist/temporal.config.js');
  const { home, temporalAddress } = loadConfig();
  if (temporalAddress) return;
  const temporal = await import('../dist/src/supervisor/temporalBinary.js');
  await temporal.provideTemporal(home, log);
}

/** Nothing needs it: where it cannot be had, the CPU is slower. */
async function provideOpenvino(log) {
  const { openvinoExists, setUpOpenvino } = await import('../dist/src/runtime/openvinoFiles.js');
  if (!openvinoExists()) return;
  try {
    await setUpOpenvino(log);
  } catch (error) {
    if (!['UserError', 'WorldError'].includes(error.name)) throw error;
    log(`without OpenVINO: ${error.message}`);
  }
}

await main(import.meta, () => setup({ tests: true }));
