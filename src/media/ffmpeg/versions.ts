import { ffmpegSays } from './runFfmpeg.js';

let versions: Promise<Record<string, string>> | undefined;

/**
 * What made a part, for its record: asked once in a process, and again where there was no answer. @throws WorldError
 * when ffmpeg gives none.
 */
export function toolVersions(): Promise<Record<string, string>> {
  versions ??= ask().catch((error: unknown) => {
    versions = undefined;
    throw error;
  });
  return versions;
}

/** Who has asked ffmpeg for its version already tells it. */
export function tellVersion(ffmpeg: string): void {
  versions ??= Promise.resolve({ ffmpeg });
}

const ask = async (): Promise<Record<string, string>> => ({
  ffmpeg: /^ffmpeg version (\S+)/.exec(await ffmpegSays('-version'))?.[1] ?? 'unknown',
});
