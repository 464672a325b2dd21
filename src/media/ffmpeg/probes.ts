import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { UserError, WorldError } from '../../lib/errors.js';
import { spawnTool } from './tools.js';

const PROBE_MS = 60_000;

type Tool = 'ffmpeg' | 'ffprobe';

const missing = (tool: Tool): UserError =>
  new UserError(
    `${tool} is missing: install ffmpeg (Debian and Ubuntu: apt-get install ffmpeg; macOS: brew install ffmpeg)`,
  );

/**
 * @returns ffmpeg's version, such as `5.1.9-0+deb12u1`. @throws UserError that says what to install, WorldError where
 * it was killed.
 */
export async function probeTool(tool: Tool): Promise<string> {
  const result = await spawnTool(tool, ['-hide_banner', '-version'], { reject: false, timeout: PROBE_MS });
  if (result.signal !== undefined || result.timedOut)
    throw new WorldError(`${tool} was ended before it could tell its version`);
  const version = /version (\S+)/.exec(result.stdout)?.[1];
  if (result.failed || !version) throw missing(tool);
  return version;
}

/**
 * Looks for a tool without starting it, which takes a tenth of a second of processor. @throws UserError that says what
 * to install.
 */
export async function findTool(tool: Tool): Promise<void> {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  const found = folders.map((folder) => access(path.join(folder, tool), constants.X_OK));
  await Promise.any(found).catch(() => {
    throw missing(tool);
  });
}

/** @throws UserError when this ffmpeg was built without x264. */
export async function probeX264(): Promise<void> {
  const { stdout } = await spawnTool('ffmpeg', ['-hide_banner', '-encoders'], { reject: false, timeout: PROBE_MS });
  if (!/ libx264 /.test(stdout))
    throw new UserError('this ffmpeg cannot encode H.264: install one that was built with libx264');
}
