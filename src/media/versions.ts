import { spawnTool } from './tools.js';

let versions: Promise<Record<string, string>> | undefined;

/** What made a part, for its record: asked once in a process. */
export function toolVersions(): Promise<Record<string, string>> {
  versions ??= spawnTool('ffmpeg', ['-version'], {}).then(({ stdout }) => ({
    ffmpeg: /^ffmpeg version (\S+)/.exec(stdout)?.[1] ?? 'unknown',
  }));
  return versions;
}
