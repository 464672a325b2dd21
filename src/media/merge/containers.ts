import type { Container } from '../../job/contents.js';
import { UserError } from '../../lib/errors.js';

const list = (names: string): Set<string> => new Set(names.split(' '));

/** What each container holds so that players understand it, by ffmpeg's names. */
interface Rules {
  /** Sound that is copied unless asked otherwise: in MP4 what every browser plays. */
  copiedAudio: (codec: string) => boolean;
  /** Sound that `--audio copy` may copy. */
  audio: (codec: string) => boolean;
  /** What any other sound becomes. */
  audioEncoder: 'aac' | 'flac';
  subtitles: Set<string>;
  /** What text of another format becomes. */
  subtitleEncoder: { encoder: string; codec: string };
  covers: Set<string>;
  dispositions: (kind: string) => Set<string>;
}

const MKV_AUDIO = list(
  'aac aac_latm mp1 mp2 mp3 ac3 eac3 dts truehd mlp alac flac vorbis opus tta wavpack ' +
    'wmav1 wmav2 wmapro wmalossless ' +
    'pcm_u8 pcm_s16le pcm_s24le pcm_s32le pcm_s16be pcm_s24be pcm_s32be pcm_f32le pcm_f64le pcm_alaw pcm_mulaw',
);
const MKV_FLAGS = list('default forced hearing_impaired visual_impaired descriptions original comment');

export const CONTAINERS: Record<Container, Rules> = {
  mp4: {
    copiedAudio: (codec) => ['aac', 'mp3'].includes(codec),
    audio: (codec) => ['aac', 'mp3', 'ac3', 'eac3', 'alac', 'opus', 'flac', 'dts'].includes(codec),
    audioEncoder: 'aac',
    subtitles: list('mov_text'),
    subtitleEncoder: { encoder: 'mov_text', codec: 'mov_text' },
    covers: list('mjpeg png bmp'),
    dispositions: (kind) => list(kind === 'subtitle' ? 'default forced' : 'default'),
  },
  mkv: {
    copiedAudio: (codec) => MKV_AUDIO.has(codec),
    audio: (codec) => MKV_AUDIO.has(codec),
    // Encoded AAC would begin with priming, which ffmpeg's writer cannot mark; FLAC has none.
    audioEncoder: 'flac',
    subtitles: list('subrip ass ssa text webvtt hdmv_pgs_subtitle hdmv_text_subtitle dvd_subtitle dvb_subtitle'),
    subtitleEncoder: { encoder: 'srt', codec: 'subrip' },
    covers: list('mjpeg png bmp gif tiff webp'),
    dispositions: () => MKV_FLAGS,
  },
};

/** Subtitles whose text can be written in another format. */
export const TEXT_SUBTITLES = list('subrip srt ass ssa text webvtt mov_text eia_608');
/** Of these more than the words is lost. */
export const STYLED_SUBTITLES = list('ass ssa');

export const containerOf = (file: string): Container | undefined =>
  /\.(mp4|mkv)$/i.exec(file)?.[1]?.toLowerCase() as Container | undefined;

/** @throws UserError of one line when tracks cannot be copied into a container though they should be. */
export function requireCopyable(audio: readonly { codec: string }[], container: Container): void {
  const at = audio.findIndex(({ codec }) => codec !== '' && !CONTAINERS[container].audio(codec));
  if (at < 0) return;
  const advice =
    container === 'mp4'
      ? 'choose -o NAME.mkv, or leave out --audio copy to have it converted'
      : 'leave out --audio copy to have it converted';
  throw new UserError(
    `--audio copy: ${container.toUpperCase()} cannot hold audio track ${at + 1} ` +
      `(${audio[at]?.codec ?? ''}) as it is: ${advice}`,
  );
}
