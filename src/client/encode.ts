import { UserError } from '../job/errors.js';
import type { EncodeSpec } from '../job/spec.js';
import { CODECS, encoderName } from '../media/encoders.js';
import type { UpscaleFlags } from './flags.js';

/** Threads of one encode; encodes run side by side, and the number is part of the job since the bits depend on it. */
const ENCODE_THREADS = 2;

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

/**
 * The flags over what an earlier job was given, over the defaults. A number that means something else in another codec is not carried over.
 * @throws UserError for values that the codec does not have.
 */
export function resolveEncode(flags: EncodeFlags, before: EncodeSpec | undefined): EncodeSpec {
  const codec = flags.codec ?? before?.codec ?? 'h264';
  const same = before?.codec === codec ? before : undefined;
  const { usual, most } = CRF[codec];
  const crf = flags.crf ?? same?.crf ?? usual;
  if (crf > most) throw new UserError(`--crf: must be from 0 to ${most} with ${CODECS[codec].label}`);
  const hardware = flags.hwEncoder === undefined ? same?.hardware : flags.hwEncoder === 'none' ? undefined : flags.hwEncoder;
  const tune = flags.tune ?? same?.tune;
  if (tune !== undefined && (hardware || !TUNES[codec].includes(tune))) {
    const choices = hardware ? [] : TUNES[codec];
    throw new UserError(`--tune: ${choices.length > 0 ? `must be one of ${choices.join(', ')}` : 'has no meaning'} with ${hardware ? `--hw-encoder ${hardware}` : CODECS[codec].label}`);
  }
  encoderName({ codec, ...(hardware && { hardware }) });
  return {
    codec,
    ...(hardware && { hardware }),
    crf,
    preset: flags.encoderPreset ?? before?.preset ?? 'fast',
    ...(tune && { tune }),
    threads: before?.threads ?? ENCODE_THREADS,
  };
}
