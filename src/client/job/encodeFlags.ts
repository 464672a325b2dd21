import type { BitDepth } from '../../job/pictureSpec.js';
import type { SourceInfo } from '../../job/source.js';
import type { EncodeSpec } from '../../job/spec.js';
import { UserError } from '../../lib/errors.js';
import { requireEncodable } from '../../media/encode/encodable.js';
import { CODECS, encoderName } from '../../media/encode/encoders.js';
import type { UpscaleFlags } from './flags.js';

/** Where nothing says more: graphics cards have threads of their own. */
const USUAL_THREADS = 2;

/** About the same quality by eye. SVT-AV1 counts to 63, the others to 51. */
const CRF: Record<EncodeSpec['codec'], { usual: number; most: number }> = {
  h264: { usual: 23, most: 51 },
  h265: { usual: 28, most: 51 },
  av1: { usual: 35, most: 63 },
};

const TUNES: Record<EncodeSpec['codec'], readonly string[]> = {
  h264: ['film', 'animation', 'grain', 'psnr', 'ssim', 'fastdecode'],
  h265: ['animation', 'grain', 'psnr', 'ssim', 'fastdecode'],
  av1: [],
};

export type EncodeFlags = Pick<UpscaleFlags, 'codec' | 'hwEncoder' | 'crf' | 'encoderPreset' | 'tune'>;

/** What the encoder gets. */
export interface EncodedPictures {
  bitDepth: BitDepth;
  info: Pick<SourceInfo, 'video'>;
  /** Of the result. */
  size: { width: number; height: number };
}

/**
 * The flags over what an earlier job was given, over the defaults. A number that means something else in another codec
 * is not carried over. @param threads that a new job's encodes get on the processor; the number is part of the job,
 * since the bits depend on it.
 * @throws UserError for values that the codec does not have.
 */
export function resolveEncode(
  flags: EncodeFlags,
  before: EncodeSpec | undefined,
  pictures?: EncodedPictures,
  threads?: () => number,
): EncodeSpec {
  const codec = flags.codec ?? before?.codec ?? (pictures?.info.video.hdr ? 'h265' : 'h264');
  const same = before?.codec === codec ? before : undefined;
  const { usual, most } = CRF[codec];
  const crf = flags.crf ?? same?.crf ?? usual;
  if (crf > most) throw new UserError(`--crf: must be from 0 to ${most} with ${CODECS[codec].label}`);
  const hardware =
    flags.hwEncoder === undefined ? same?.hardware : flags.hwEncoder === 'none' ? undefined : flags.hwEncoder;
  const tune = flags.tune ?? same?.tune;
  if (tune !== undefined && (hardware || !TUNES[codec].includes(tune))) {
    const choices = hardware ? [] : TUNES[codec];
    throw new UserError(
      `--tune: ${choices.length > 0 ? `must be one of ${choices.join(', ')}` : 'has no meaning'} ` +
        `with ${hardware ? `--hw-encoder ${hardware}` : CODECS[codec].label}`,
    );
  }
  encoderName({ codec, ...(hardware && { hardware }) });
  if (pictures) {
    requireCarried(codec, hardware, pictures);
    requireEncodable({ codec }, CODECS[codec].label, pictures.size);
  }
  return {
    codec,
    ...(hardware && { hardware }),
    crf,
    preset: flags.encoderPreset ?? before?.preset ?? 'fast',
    ...(tune && { tune }),
    threads: before?.threads ?? ((!hardware && threads?.()) || USUAL_THREADS),
  };
}

/** @throws UserError where depth or HDR metadata would be lost on the way through an encoder. */
function requireCarried(
  codec: EncodeSpec['codec'],
  hardware: EncodeSpec['hardware'],
  {
    bitDepth,
    info: {
      video: { hdr },
    },
  }: EncodedPictures,
): void {
  if (hdr && codec === 'h264')
    throw new UserError(
      '--codec h264: the source is HDR, which players take in H.265 and AV1 only: ' +
        'use h265 or av1, or leave the flag out',
    );
  const metadata = hdr?.mastering ?? hdr?.light;
  if (hardware && metadata)
    throw new UserError(
      `--hw-encoder ${hardware} does not write HDR metadata, which the source has: ` +
        'leave the flag out to encode on the processor',
    );
  if (hardware && bitDepth === 10 && codec === 'h264')
    throw new UserError(
      `--hw-encoder ${hardware} makes H.264 of 8 bits only: choose --codec h265, or leave one of the flags out`,
    );
}
