import { ffmpegSays } from './runFfmpeg.js';

type Kind = '-filters' | '-decoders' | '-encoders';

/** Whether this ffmpeg was built with a filter, such as `libvmaf`. */
export const hasFilter = (name: string): Promise<boolean> => lists('-filters', name);

/** Whether this ffmpeg was built with a decoder, such as `librsvg`. */
export const hasDecoder = (name: string): Promise<boolean> => lists('-decoders', name);

/** What builds of ffmpeg may lack, and what is not to be had then. */
const OPTIONAL: readonly [Kind, name: string, use: string][] = [
  ['-filters', 'zscale', 'upscaling by a network'],
  ['-encoders', 'libx265', '--codec h265'],
  ['-encoders', 'libsvtav1', '--codec av1'],
  ['-filters', 'libvmaf', 'VMAF in compare'],
  ['-decoders', 'librsvg', 'plots as .png'],
];

/** What this ffmpeg lacks, each with what it is for. */
export async function lacking(): Promise<string[]> {
  const lacks: string[] = [];
  for (const [kind, name, use] of OPTIONAL) {
    if (!(await lists(kind, name))) lacks.push(`${name} (${use})`);
  }
  return lacks;
}

async function lists(what: Kind, name: string): Promise<boolean> {
  return (await ffmpegSays(what)).split('\n').some((line) => line.trim().split(/\s+/)[1] === name);
}
