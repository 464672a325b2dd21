import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { EncodeSpec } from '../../../src/job/spec.js';
import { UserError } from '../../../src/lib/errors.js';
import { concatParts } from '../../../src/media/encode/concat.js';
import { encodeFromSource } from '../../../src/media/encode/encode.js';
import { CODECS, encoderName, encoderOptions, probeEncoder } from '../../../src/media/encode/encoders.js';
import { makeClip, scratchFolder } from '../../support/media.js';
import { decodedPts, frameDigests, frameSource, streams } from '../encodeSupport.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);
const eight = { chroma: 'left', bitDepth: 8 } as const;
const bicubic = { name: 'bicubic', scale: 2 } as const;
const specs: EncodeSpec[] = [
  { codec: 'h264', crf: 23, preset: 'superfast', tune: 'animation', threads: 2 },
  { codec: 'h265', crf: 28, preset: 'superfast', threads: 2 },
  { codec: 'av1', crf: 40, preset: 'superfast', threads: 2 },
];

describe.each(specs)('parts in $codec', (encode) => {
  it('are the same bytes each time, and join into one stream with every picture at its time', async () => {
    const source = await frameSource(await makeClip(at(`${encode.codec}.mp4`), { rate: '24000/1001', seconds: 1.7 }));
    const parts: string[] = [];
    for (const [start, end] of [
      [0, 25],
      [25, 40],
    ] as const) {
      const output = at(`${encode.codec}-${start}.mp4`);
      await encodeFromSource({ source, start, end, method: bicubic, encode, output });
      parts.push(output);
    }
    await encodeFromSource({ source, start: 25, end: 40, method: bicubic, encode, output: at('again.mp4') });
    expect((await readFile(at('again.mp4'))).equals(await readFile(parts[1] as string))).toBe(true);

    const pts = Float64Array.from({ length: 40 }, (_, i) => i * 1001);
    const output = at(`${encode.codec}-joined.mp4`);
    await concatParts({
      parts,
      pts,
      timebase: { num: 1, den: 24000 },
      lastDuration: 1001,
      sampleAspectRatio: { num: 64, den: 45 },
      output,
    });
    expect(await frameDigests(output)).toEqual((await Promise.all(parts.map((part) => frameDigests(part)))).flat());
    expect(await decodedPts(output)).toEqual([...pts]);
    const { probed, tag } = CODECS[encode.codec];
    expect((await streams(output))[0]).toMatchObject({
      codec_name: probed,
      codec_tag_string: tag,
      pix_fmt: 'yuv420p',
      sample_aspect_ratio: '64:45',
      color_range: 'tv',
    });
  });

  it('can be made on this machine', async () => {
    await expect(probeEncoder(encode, eight)).resolves.toBeUndefined();
  });
});

describe('encoders in the graphics card', () => {
  const hardware: EncodeSpec = { codec: 'h265', hardware: 'vaapi', crf: 25, preset: 'slow', threads: 2 };

  it('get pictures by upload where they need it, and closed GOPs', () => {
    expect(encoderOptions(hardware, eight)).toMatchObject({
      device: ['-vaapi_device', '/dev/dri/renderD128'],
      filters: ['format=nv12', 'hwupload'],
    });
    expect(encoderOptions({ ...hardware, hardware: 'nvenc' }, eight).options.join(' ')).toBe(
      '-c:v hevc_nvenc -preset p6 -rc vbr -cq 25 -b:v 0 -g 250 -forced-idr 1 -strict_gop 1',
    );
  });

  it('are refused where there is none for the codec', () => {
    expect(() => encoderName({ codec: 'av1', hardware: 'nvenc' })).toThrow(UserError);
  });

  it.skipIf(existsSync('/dev/nvidiactl'))('that this machine lacks are refused with the reason', async () => {
    await expect(probeEncoder({ ...hardware, hardware: 'nvenc' }, eight)).rejects.toThrow(
      /^this machine cannot encode with hevc_nvenc \(.+\): leave --hw-encoder out/,
    );
  });
});
