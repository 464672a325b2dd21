import { execa } from 'execa';
import { UserError, WorldError } from '../job/errors.js';
import { runtimeEnvironment } from '../models/runtimeEnvironment.js';
import { spawnTool, tied } from '../media/tools.js';
import { entryFile } from './project.js';

const PROBE_MS = 60_000;

/** @returns ffmpeg's version, such as `5.1.9-0+deb12u1`. @throws UserError that says what to install, WorldError where it was killed. */
export async function probeTool(tool: 'ffmpeg' | 'ffprobe'): Promise<string> {
  const result = await spawnTool(tool, ['-hide_banner', '-version'], { reject: false, timeout: PROBE_MS });
  if (result.signal !== undefined || result.timedOut) throw new WorldError(`${tool} was ended before it could tell its version`);
  const version = /version (\S+)/.exec(result.stdout)?.[1];
  if (result.failed || !version) throw new UserError(`${tool} is missing: install ffmpeg (Debian and Ubuntu: apt-get install ffmpeg; macOS: brew install ffmpeg)`);
  return version;
}

/** @throws UserError when this ffmpeg was built without x264. */
export async function probeX264(): Promise<void> {
  const { stdout } = await spawnTool('ffmpeg', ['-hide_banner', '-encoders'], { reject: false, timeout: PROBE_MS });
  if (!/ libx264 /.test(stdout)) throw new UserError('this ffmpeg cannot encode H.264: install one that was built with libx264');
}

/** Opens a session on a GPU. @throws UserError with ONNX Runtime's reason. */
export async function probeCuda(index: number): Promise<void> {
  const reason = await probeProvider('cuda', index);
  if (reason !== undefined) throw new UserError(`ONNX Runtime cannot use cuda:${index} (${reason}): run npm run setup:cuda, and check the NVIDIA driver`);
}

/** Opens a session in a process of its own, which gives the memory back and may crash. @returns why that does not work, undefined when it does. */
export async function probeProvider(name: string, device = 0): Promise<string | undefined> {
  const [file, args] = tied(process.execPath, [entryFile('worker/providerProbe.js'), name, String(device)]);
  const result = await execa(file, args, { stdin: 'ignore', env: runtimeEnvironment(), reject: false, timeout: PROBE_MS });
  if (!result.failed) return undefined;
  // What stands before is the place in ONNX Runtime's sources.
  return (result.stderr.trim().split('\n').at(-1) || result.shortMessage || 'no reason given').replace(/^.* was false\. /, '');
}

/** Names of all execution providers that this build of ONNX Runtime knows. */
export async function knownProviders(): Promise<string[]> {
  const [file, args] = tied(process.execPath, [entryFile('worker/providerProbe.js')]);
  const { stdout } = await execa(file, args, { stdin: 'ignore', env: runtimeEnvironment(), timeout: PROBE_MS });
  return stdout.split('\n');
}
