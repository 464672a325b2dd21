import { ffmpegSays } from './run.js';

/** Whether this ffmpeg was built with a filter, such as `libvmaf`. */
export const hasFilter = (name: string): Promise<boolean> => lists('-filters', name);

/** Whether this ffmpeg was built with a decoder, such as `librsvg`. */
export const hasDecoder = (name: string): Promise<boolean> => lists('-decoders', name);

async function lists(what: string, name: string): Promise<boolean> {
  return (await ffmpegSays(what)).split('\n').some((line) => line.trim().split(/\s+/)[1] === name);
}
