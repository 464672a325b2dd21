import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Hdr } from '../../../src/job/source.js';
import type { EncodeSpec } from '../../../src/job/spec.js';
import { argv } from '../../../src/lib/argv.js';
import { toNumber } from '../../../src/lib/rational.js';
import { svtHdr, x265Hdr } from '../../../src/media/encode/hdrParams.js';
import { deliverableSize, deliverableTags } from '../../../src/media/picture/deliverable.js';
import { compareHdr, isPureDolbyVision, readHdr } from '../../../src/media/source/hdr.js';
import { probeSource } from '../../../src/media/source/probe.js';
import { verifyAgainst } from '../../../src/media/verify/against.js';
import { type VerifyRequest, verifyDeliverable } from '../../../src/media/verify/verifyDeliverable.js';
import { ffmpeg, hasSharedMedia, scratchFolder, sharedFile } from '../../support/media.js';
import { delivered, lastDuration, pixels, streams } from '../encodeSupport.js';

const folder = scratchFolder();
const at = (name: string): string => path.join(folder, name);

/** The display of BT.2020's usual masters: P3 primaries, D65, 0.0001 to 1000 cd/m². */
const master: Hdr = {
  mastering: {
    red: [0.68, 0.32],
    green: [0.265, 0.69],
    blue: [0.15, 0.06],
    white: [0.3127, 0.329],
    minLuminance: 0.0001,
    maxLuminance: 1000,
  },
  light: { max: 1000, average: 400 },
};
const sideData = [
  { side_data_type: 'H.26[45] User Data Unregistered SEI message' },
  {
    side_data_type: 'Mastering display metadata',
    red_x: '34000/50000',
    red_y: '16000/50000',
    green_x: '13250/50000',
    green_y: '34500/50000',
    blue_x: '7500/50000',
    blue_y: '3000/50000',
    white_point_x: '15635/50000',
    white_point_y: '16450/50000',
    min_luminance: '0/10000',
    max_luminance: '10000000/10000',
  },
  { side_data_type: 'Content light level metadata', max_content: 1000, max_average: 400 },
];

describe('HDR metadata', () => {
  it('are read from what ffprobe shows, darkness of nothing included', () => {
    expect(readHdr(sideData)).toEqual({ ...master, mastering: { ...master.mastering, minLuminance: 0 } });
    expect(
      readHdr([
        { side_data_type: 'Mastering display metadata', min_luminance: '1/10000', max_luminance: '10000000/10000' },
      ]),
    ).toEqual({});
    expect(
      readHdr([
        { side_data_type: 'HDR Dynamic Metadata SMPTE2094-40 (HDR10+)' },
        { side_data_type: 'DOVI configuration record' },
      ]),
    ).toEqual({ dynamic: ['HDR10+', 'Dolby Vision'] });
  });

  it('are told to the encoders in their own units', () => {
    expect(x265Hdr(master)).toBe(
      ':master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1):max-cll=1000,400',
    );
    expect(svtHdr({ light: { max: 1000, average: 400 } })).toBe(':content-light=1000,400');
    expect(x265Hdr(undefined) + svtHdr({})).toBe('');
  });

  it('count as the same within what formats round, and no further', () => {
    const changed = (change: Partial<NonNullable<Hdr['mastering']>>): Hdr => ({
      ...master,
      mastering: { ...(master.mastering as NonNullable<Hdr['mastering']>), ...change },
    });
    expect(compareHdr(changed({ red: [44564 / 65536, 20972 / 65536], minLuminance: 2 / 16384 }), master)).toEqual([]);
    expect(compareHdr(changed({ red: [0.708, 0.292] }), master)).toEqual([
      expect.stringMatching(/^its mastering display is red 0.7080,0.2920 .* instead of red 0.6800/),
    ]);
    expect(compareHdr(changed({ maxLuminance: 4000 }), master)).toHaveLength(1);
    expect(compareHdr({ mastering: master.mastering }, master)).toEqual(['it has no content light level']);
    expect(compareHdr(master, {})).toHaveLength(2);
  });

  it('of Dolby Vision alone are no picture that can be shown', () => {
    const dovi = (id: number) => [
      { side_data_type: 'DOVI configuration record', dv_profile: 5, dv_bl_signal_compatibility_id: id },
    ];
    expect(isPureDolbyVision(dovi(0))).toBe(true);
    expect(isPureDolbyVision(dovi(1))).toBe(false);
  });
});

const h265: EncodeSpec = { codec: 'h265', crf: 12, preset: 'ultrafast', threads: 2 };
const av1: EncodeSpec = { codec: 'av1', crf: 20, preset: 'ultrafast', threads: 2 };
const PQ = 'format=yuv420p10le,setparams=range=tv:color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc';

async function deliver(source: string, output: string, encode: EncodeSpec): Promise<VerifyRequest> {
  const { source: frames, contents } = await delivered(source, output, { encode, bitDepth: 10 });
  const { video } = frames.info;
  return {
    file: output,
    source: frames,
    expectedPts: frames.pts,
    timebase: video.timebase,
    lastDuration: lastDuration(frames),
    ...deliverableSize(video, 2),
    pixelFormat: 'yuv420p10le',
    colors: deliverableTags(frames.info),
    hdr: video.hdr,
    soundSource: source,
    firstPts: (frames.pts[0] as number) * toNumber(video.timebase),
    contents,
  };
}

describe('HDR goes through', () => {
  const source = at('hdr10.mp4');
  let first: VerifyRequest;
  beforeAll(async () => {
    await ffmpeg(
      ...argv`
        -f lavfi -i testsrc2=size=160x96:rate=25 -frames:v 8 -vf ${PQ} -c:v libx265 -preset ultrafast -tag:v hvc1
        -x265-params log-level=error:keyint=4:chromaloc=2${x265Hdr(master)} ${source}
      `,
    );
    first = await deliver(source, at('hdr.mp4'), h265);
  });

  it.each([
    ['H.265', h265, 'hdr.mp4'],
    ['H.265 and MKV', h265, 'hdr.mkv'],
    ['AV1', av1, 'av1.mp4'],
  ] as const)(
    'in %s: transfer, primaries, matrix, mastering display and light level arrive, with 10 bits',
    async (_, encode, name) => {
      const request = name === 'hdr.mp4' ? first : await deliver(source, at(name), encode);
      expect(request.source.info.video.hdr).toEqual(master);
      const info = await probeSource(at(name));
      expect(compareHdr(info.video.hdr ?? {}, master)).toEqual([]);
      expect(info.video).toMatchObject({
        pixelFormat: 'yuv420p10le',
        color: {
          chromaLocation: 'topleft',
          range: 'limited',
          tags: { matrix: 'bt2020nc', primaries: 'bt2020', transfer: 'smpte2084' },
        },
      });
      expect((await verifyDeliverable(request)).report).toMatchObject({ ok: true, problems: [] });
    },
  );

  it('with its own samples: their means stay, of luma and of both chroma planes', async () => {
    const means = async (file: string, plane: number): Promise<number[]> => {
      const bytes = await pixels(file, 'yuv420p10le', "select='eq(n,0)'");
      const samples = Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readUInt16LE(2 * i));
      return [
        [0, plane],
        [plane, plane * 1.25],
        [plane * 1.25, plane * 1.5],
      ].map(
        ([from = 0, to]) => samples.slice(from, to).reduce((sum, value) => sum + value, 0) / ((to as number) - from),
      );
    };
    const [is, wanted] = [await means(at('hdr.mp4'), 320 * 192), await means(source, 160 * 96)];
    // Of 1023: neither brightness nor colours are converted; the rest is the encoder's.
    for (const [i, mean] of is.entries()) expect(Math.abs(mean - (wanted[i] as number))).toBeLessThan(2);
  });

  it('and every keyframe says it, since any of them may be the first that is shown', async () => {
    const bytes = await readFile(at('hdr.mp4'));
    // The SEI message of 24 bytes about the mastering display: its type, its length, and green's x.
    const message = Buffer.from([137, 24, 13250 >> 8, 13250 & 255]);
    let found = 0;
    for (let at = bytes.indexOf(message); at >= 0; at = bytes.indexOf(message, at + 1)) found++;
    expect(found).toBeGreaterThanOrEqual(2);
    expect((await streams(at('hdr.mp4')))[0]).toMatchObject({ codec_tag_string: 'hvc1', profile: 'Main 10' });
  });

  it('or the verification says what is missing', async () => {
    expect((await verifyAgainst(first.file, source)).report).toMatchObject({ ok: true, problems: [] });
    // ffmpeg 7 hands to the encoder what the source says of its brightness.
    const bare = 'sidedata=mode=delete:type=MASTERING_DISPLAY_METADATA,sidedata=mode=delete:type=CONTENT_LIGHT_LEVEL';
    await ffmpeg(
      ...argv`
        -i ${first.file} -vf ${bare},${PQ} -c:v libx265 -preset ultrafast -tag:v hvc1
        -x265-params log-level=error:chromaloc=2 ${at('bare.mp4')}
      `,
    );
    expect((await verifyDeliverable({ ...first, file: at('bare.mp4') })).report.problems).toEqual([
      'it has no mastering display',
      'it has no content light level',
    ]);
    await ffmpeg(
      ...argv`
        -i ${first.file} -vf ${bare},format=yuv420p,setparams=color_trc=bt709 -c:v libx265 -preset ultrafast
        -tag:v hvc1 -x265-params log-level=error ${at('sdr.mp4')}
      `,
    );
    const { problems } = (await verifyDeliverable({ ...first, file: at('sdr.mp4') })).report;
    expect(problems).toEqual(
      expect.arrayContaining([
        'the transfer function is tagged bt709 instead of smpte2084',
        'the pixels are yuv420p instead of yuv420p10le',
        'it has no mastering display',
      ]),
    );
    const against = (await verifyAgainst(at('sdr.mp4'), source)).report.problems;
    expect(against).toEqual(
      expect.arrayContaining([
        'its colours are tagged transfer bt709 instead of smpte2084',
        'its HDR pictures have 8 bits a sample instead of 10',
        'it has no mastering display',
      ]),
    );
  });
});

describe.skipIf(!hasSharedMedia)('of real clips', () => {
  it.each([
    ['hdr10-av1-720x1280-aac-4s.mp4', 'PQ', 'smpte2084'],
    ['hlg10-hevc-1080p.mp4', 'HLG', 'arib-std-b67'],
  ])('%s is read as %s', async (name, _, transfer) => {
    const { video } = await probeSource(sharedFile(`clips/hdr/${name}`));
    expect(video).toMatchObject({
      bitDepth: 10,
      hdr: {},
      color: { matrix: 'bt2020nc', tags: { transfer, primaries: 'bt2020' } },
    });
  });
});
