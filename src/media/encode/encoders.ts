import type { BitDepth } from '../../job/pictureSpec.js';
import { GOP_FRAMES } from '../../job/plan.js';
import type { Hdr } from '../../job/source.js';
import type { EncodeSpec } from '../../job/spec.js';
import { argv } from '../../lib/argv.js';
import { UserError } from '../../lib/errors.js';
import { spawnTool } from '../ffmpeg/tools.js';
import { type Color, DELIVERED_PIXELS } from '../picture/color.js';
import { CHROMA_LOCATION } from '../picture/deliverable.js';
import { svtHdr, x265Hdr } from './hdrParams.js';

type Codec = EncodeSpec['codec'];

/** Names of a codec: for people, by ffprobe, and its sample entry in an MP4. */
export const CODECS: Record<Codec, { label: string; probed: string; tag: string }> = {
  h264: { label: 'H.264', probed: 'h264', tag: 'avc1' },
  h265: { label: 'H.265', probed: 'hevc', tag: 'hvc1' },
  av1: { label: 'AV1', probed: 'av1', tag: 'av01' },
};

const SOFTWARE: Record<Codec, string> = { h264: 'libx264', h265: 'libx265', av1: 'libsvtav1' };
const HARDWARE: Record<NonNullable<EncodeSpec['hardware']>, Partial<Record<Codec, string>>> = {
  nvenc: { h264: 'h264_nvenc', h265: 'hevc_nvenc' },
  vaapi: { h264: 'h264_vaapi', h265: 'hevc_vaapi' },
};
/** AV1 has no name for the middle between samples. */
const SVT_CHROMA: Record<Color['chromaLocation'], string> = {
  left: 'vertical',
  topleft: 'colocated',
  center: 'unknown',
};
/** Frames that x265 works on at the same time: more cost bits. Its other threads share the rows of each. */
const X265_FRAME_THREADS = 4;
const VAAPI_DEVICE = '/dev/dri/renderD128';

/** x264's names of presets, which x265 shares, in SVT-AV1's and NVENC's numbers. */
const SVT_PRESET: Record<EncodeSpec['preset'], number> = {
  ultrafast: 12,
  superfast: 11,
  veryfast: 10,
  faster: 9,
  fast: 8,
  medium: 7,
  slow: 6,
  slower: 5,
  veryslow: 4,
};
const NVENC_PRESET: Record<EncodeSpec['preset'], string> = {
  ultrafast: 'p1',
  superfast: 'p1',
  veryfast: 'p2',
  faster: 'p3',
  fast: 'p4',
  medium: 'p5',
  slow: 'p6',
  slower: 'p7',
  veryslow: 'p7',
};

/** Every combination that `--hw-encoder` and `--codec` may ask for. */
export const hardwareEncoders = (): (Pick<EncodeSpec, 'codec'> & {
  hardware: NonNullable<EncodeSpec['hardware']>;
})[] =>
  (Object.entries(HARDWARE) as [NonNullable<EncodeSpec['hardware']>, Partial<Record<Codec, string>>][]).flatMap(
    ([hardware, encoders]) => (Object.keys(encoders) as Codec[]).map((codec) => ({ codec, hardware })),
  );

/** @throws UserError for a codec that the hardware has no encoder for. */
export function encoderName({ codec, hardware }: Pick<EncodeSpec, 'codec' | 'hardware'>): string {
  const name = hardware ? HARDWARE[hardware][codec] : SOFTWARE[codec];
  if (name === undefined)
    throw new UserError(
      `--hw-encoder ${hardware} has no encoder for ${CODECS[codec].label}: ` +
        'choose another codec, or leave the flag out',
    );
  return name;
}

/** What an encoder is told of the pictures that it gets. */
export interface Pictures {
  chroma: Color['chromaLocation'];
  bitDepth: BitDepth;
  hdr?: Hdr | undefined;
}

export interface EncoderOptions {
  /** Options before the filters. */
  device: string[];
  /** Filters behind all others: how pictures get to the encoder. */
  filters: string[];
  options: string[];
}

/**
 * What ffmpeg has to be told so that parts can be joined into one stream: closed GOPs, parameter sets that do not
 * depend on the pictures, and a fixed number of threads, since the software encoders' bits depend on it.
 */
export function encoderOptions(encode: EncodeSpec, pictures: Pictures): EncoderOptions {
  return { device: [], filters: [], ...byEncoder(encode, pictures) };
}

function byEncoder(
  encode: EncodeSpec,
  { chroma, bitDepth, hdr }: Pictures,
): Partial<EncoderOptions> & Pick<EncoderOptions, 'options'> {
  const chromaloc = CHROMA_LOCATION[chroma];
  const { preset, threads } = encode;
  const name = encoderName(encode);
  const crf = String(encode.crf);
  const tune = encode.tune ? ['-tune', encode.tune] : [];
  switch (name) {
    case 'libx264':
      // stitchable: the parameter sets depend on the CRF and the frames otherwise.
      return {
        options: argv`
          -c:v ${name} -preset ${preset} ${tune} -crf ${crf} -threads ${threads}
          -x264-params stitchable=1:open-gop=0:keyint=${GOP_FRAMES}:chromaloc=${chromaloc}
        `,
      };
    case 'libx265':
      // info: its own settings would be written into every part's parameter sets.
      return {
        options: [
          ...argv`-c:v ${name} -preset ${preset} ${tune} -crf ${crf}`,
          '-x265-params',
          `open-gop=0:keyint=${GOP_FRAMES}:info=0:log-level=error:` +
            `pools=${threads}:frame-threads=${Math.min(threads, X265_FRAME_THREADS)}:` +
            `chromaloc=${chromaloc}${x265Hdr(hdr)}`,
        ],
      };
    case 'libsvtav1':
      return {
        options: argv`
          -c:v ${name} -preset ${SVT_PRESET[preset]} -crf ${crf} -g ${GOP_FRAMES}
          -svtav1-params lp=${threads}:irefresh-type=2:chroma-sample-position=${SVT_CHROMA[chroma]}${svtHdr(hdr)}
        `,
      };
    case 'h264_vaapi':
    case 'hevc_vaapi':
      return {
        device: ['-vaapi_device', VAAPI_DEVICE],
        filters: [bitDepth === 10 ? 'format=p010' : 'format=nv12', 'hwupload'],
        options: ['-c:v', name, '-rc_mode', 'CQP', '-qp', crf, '-g', String(GOP_FRAMES), '-idr_interval', '0'],
      };
    default:
      return {
        filters: bitDepth === 10 ? ['format=p010le'] : [],
        options: argv`
          -c:v ${name} -preset ${NVENC_PRESET[preset]} -rc vbr -cq ${crf} -b:v 0 -g ${GOP_FRAMES} -forced-idr 1
          -strict_gop 1
        `,
      };
  }
}

const PROBE_MS = 60_000;

/**
 * Encodes a few frames for real: tiny ones, and of the result's size in hardware, whose limits differ from one to the
 * next.
 * @throws UserError with ffmpeg's reason when this machine cannot encode so.
 */
export async function probeEncoder(
  encode: EncodeSpec,
  pictures: Pictures,
  size = { width: 256, height: 256 },
): Promise<void> {
  const { device, filters, options } = encoderOptions(encode, pictures);
  const format = DELIVERED_PIXELS[pictures.bitDepth];
  const args = [
    ...argv`-hide_banner -nostdin -loglevel error ${device} -f lavfi`,
    '-i',
    `color=size=${encode.hardware ? `${size.width}x${size.height}` : '256x256'}:rate=25,format=${format}`,
    '-frames:v',
    '3',
    ...(filters.length > 0 ? ['-vf', filters.join(',')] : []),
    ...options,
    // With the plus sign an encoder that was built for 8 bits alone is an error, not a silent change of format.
    ...(encode.hardware ? [] : ['-pix_fmt', `+${format}`]),
    '-f',
    'null',
    '-',
  ];
  const { failed, stderr } = await spawnTool('ffmpeg', args, { reject: false, timeout: PROBE_MS });
  if (!failed) return;
  const reason =
    stderr
      .split('\n')
      .map((line) => line.replace(/^\[[^\]]*\] /, '').trim())
      .find((line) => line !== '' && !line.startsWith('Svt[')) ?? 'no reason given';
  const other = encode.hardware
    ? 'leave --hw-encoder out to encode on the processor'
    : 'choose another --codec, or install an ffmpeg that has the encoder';
  throw new UserError(`this machine cannot encode with ${encoderName(encode)} (${reason.slice(0, 160)}): ${other}`);
}
