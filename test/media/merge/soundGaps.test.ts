import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { argv } from '../../../src/lib/argv.js';
import { verifyDeliverable } from '../../../src/media/verify/verifyDeliverable.js';
import { ffmpeg, scratchFolder } from '../../support/media.js';
import { deliveredForCheck } from '../encodeSupport.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);

/** Twelve seconds with a pause in every half second of sound, at another pitch each. */
async function pausing(name: string, ...audio: string[]): Promise<string> {
  await ffmpeg(
    ...argv`
      -f lavfi -i testsrc2=size=64x48:rate=25:duration=12 -f lavfi
      -i aevalsrc='sin(2*PI*(300+40*floor(t*2))*t)*lt(mod(t,0.5),0.25)*0.5':s=48000:d=12 -c:v libx264 -preset veryfast
      -pix_fmt yuv420p ${audio} ${at(name)}
    `,
  );
  return at(name);
}

/** Copies a clip, with a filter over the packets of its sound. */
async function withPackets(clip: string, filter: string, name: string): Promise<string> {
  await ffmpeg('-i', clip, '-map', '0', '-c', 'copy', '-bsf:a', filter, at(name));
  return at(name);
}

/** When the pauses begin, in seconds, on the file's own clock. */
async function pauses(file: string): Promise<number[]> {
  const heard = 'aresample=async=1:min_hard_comp=0.003,silencedetect=n=-40dB:d=0.15';
  const { stderr } = await execa('ffmpeg', argv`-v info -i ${file} -map 0:a:0 -af ${heard} -f null -`);
  return [...stderr.matchAll(/silence_start: *([\d.]+)/g)].map(([, time]) => Number(time));
}

describe('sound of which packets are lost', () => {
  it.each([
    ['two packets once, converted', 'ac3', "noise=drop='eq(n,100)+eq(n,101)'", 'mp4'],
    ['one packet in twenty, converted', 'ac3', "noise=drop='eq(mod(n,20),19)'", 'mp4'],
    ['one packet of PCM in twenty, copied into MKV', 'pcm_s16le', "noise=drop='eq(mod(n,20),19)'", 'mkv'],
    ['one packet in twenty, copied', 'aac', "noise=drop='eq(mod(n,20),19)'", 'mp4'],
    ['none, but times jump to and fro, copied', 'aac', "setts=ts='TS+if(eq(mod(N,40),7),0.015,0)/TB'", 'mp4'],
    ['none, but times jump on, copied', 'aac', "setts=ts='TS+floor(N/50)*0.05/TB'", 'mp4'],
    ['none, but times jump on, copied into MKV', 'aac', "setts=ts='TS+floor(N/50)*0.05/TB'", 'mkv'],
  ])('stays with the picture: %s', async (_, codec, filter, container) => {
    const clip = await pausing('whole.mkv', '-c:a', codec, '-b:a', '128k');
    const source = await withPackets(clip, filter, 'gaps.mkv');
    const output = at(`gaps.out.${container}`);
    const request = await deliveredForCheck(source, output, 1);
    expect((await verifyDeliverable(request)).report.problems).toEqual([]);
    const [wanted, got] = [await pauses(source), await pauses(output)];
    expect(got).toHaveLength(wanted.length);
    for (const [i, time] of got.entries()) expect(Math.abs(time - (wanted[i] as number))).toBeLessThan(0.025);
  });
});
