import { firstPacket, firstSample } from '../ffmpeg/firstSampleTime.js';
import { editedTracks, type Stretch } from '../source/editLists.js';
import type { FileStream } from '../source/fileContents.js';
import { CONTAINERS } from './containers.js';
import { nameOf, type Planned, type PlannedTrack, type PlanRequest, taken, type WithinCut } from './plannedTrack.js';
import type { Within } from './trimTracks.js';

const LOSSLESS = /^(pcm_|flac|alac|truehd|mlp|wavpack|tta|ape)/;
/** Bits a second of AAC for each channel, where the source names no lossy rate. */
const BIT_RATE_PER_CHANNEL = 96_000;

/**
 * Decides what becomes of each audio track. Tracks that give no sound are left out.
 * @returns `starts`: when each track begins on the source's clock, in seconds, with its priming where the container
 * has no time before zero.
 */
export async function planAudio(request: PlanRequest, within: WithinCut): Promise<Planned & { starts: number[] }> {
  const { file, source, container, signal } = request;
  const audio = source.streams.filter(({ kind }) => kind === 'audio');
  const edited =
    source.format.startsWith('mov') && audio.length > 0 ? await editedTracks(file) : new Map<number, Stretch[]>();
  const planned: Planned & { starts: number[] } = { tracks: [], warnings: [], starts: [] };
  for (const stream of audio) {
    const name = nameOf('audio track', stream, audio);
    const stretches = stream.id === undefined ? undefined : edited.get(stream.id);
    const sounds = stream.codec === '' ? undefined : await firstSample(file, stream.index, signal);
    const begins = sounds === undefined ? undefined : (stretches?.[0]?.pause ?? sounds);
    const part = within?.get(stream.index);
    if (begins === undefined || (within && !part)) {
      planned.warnings.push(
        `${name} is left out: it gives no sound${begins === undefined ? '' : ' in this part of the video'}`,
      );
      continue;
    }
    const from = request.cut?.from ?? -Infinity;
    const cutsStart = part !== undefined && begins < from;
    const handling = handlingOf(stream, request, stretches, cutsStart ? part : undefined);
    if (!handling.copied) planned.warnings.push(converted(name, handling));
    if (cutsStart) {
      // Matroska begins with a whole packet, of which decoders skip what its header says for Opus; MP4 and what is
      // encoded begin with any sample.
      const skipped =
        handling.codec === 'opus' ? begins - ((await firstPacket(file, stream.index, signal)) ?? begins) : 0;
      // A Vorbis packet gives sound together with the one before it only.
      const whole = handling.codec === 'vorbis' ? (part.next ?? part.whole) : part.whole;
      const heard =
        handling.copied && container === 'mkv' ? (whole ?? part.first) + skipped : Math.max(from, part.first);
      planned.starts.push(heard);
      planned.tracks.push({
        kind: 'audio',
        name,
        ...taken(stream),
        sampleRate: stream.sampleRate,
        ...handling,
        startSeconds: heard,
        steady: part.steady - from,
      });
      continue;
    }
    const heard = begins;
    // Priming is heard, unless it lies before zero in MP4. Opus brings its own mark.
    const packets = handling.copied
      ? ((await firstPacket(file, stream.index, signal)) ?? heard)
      : heard - priming(stream, handling);
    planned.starts.push(container === 'mkv' ? packets : heard);
    planned.tracks.push({
      kind: 'audio',
      name,
      ...taken(stream),
      sampleRate: stream.sampleRate,
      ...handling,
      startSeconds: handling.codec === 'opus' ? heard : packets,
    });
  }
  return planned;
}

/**
 * What ffmpeg's AAC encoder puts before the sound, in seconds: a frame of 1024 samples, of which it takes at most
 * 96,000 a second.
 */
const priming = ({ sampleRate }: FileStream, { encoder }: Handling): number =>
  encoder === 'aac' && sampleRate > 0 ? 1024 / Math.min(sampleRate, 96_000) : 0;

type Handling = Pick<PlannedTrack, 'codec' | 'copied' | 'encoder' | 'bitRate' | 'stretches'> & {
  /** Why it is decoded, where it could be copied. */ why?: string;
};

/**
 * Sound that an edit list cuts into pieces is decoded: copied packets would not be what is heard. So is sound that has
 * to begin within a packet, where the container cannot say so; with a lossy codec also at a packet, which sounds right
 * behind the one before only.
 * @param part of a track whose beginning is cut away.
 */
function handlingOf(
  stream: FileStream,
  { container, audio, cut }: PlanRequest,
  stretches: Stretch[] | undefined,
  part: Within | undefined,
): Handling {
  const rules = CONTAINERS[container];
  const holds = (audio === 'copy' ? rules.audio : rules.copiedAudio)(stream.codec);
  const splits =
    container === 'mkv' &&
    audio !== 'copy' &&
    cut?.from !== undefined &&
    part !== undefined &&
    (part.first < cut.from || !LOSSLESS.test(stream.codec));
  if (holds && !splits && !stretches) return { codec: stream.codec, copied: true, encoder: 'copy' };
  const encoder = rules.audioEncoder;
  const why = stretches
    ? 'since its edit list cuts it into pieces'
    : holds
      ? 'so that it begins with the picture and not with a packet'
      : undefined;
  return {
    codec: encoder,
    copied: false,
    encoder,
    ...(encoder === 'aac' && { bitRate: bitRateOf(stream) }),
    ...(stretches && { stretches }),
    ...(why !== undefined && { why }),
  };
}

function bitRateOf({ codec, bitRate, channels }: FileStream): number {
  const usual = BIT_RATE_PER_CHANNEL * Math.max(1, channels);
  if (bitRate === undefined || LOSSLESS.test(codec)) return usual;
  return Math.min(Math.max(bitRate, usual / 2), usual * 1.5);
}

function converted(name: string, { encoder, bitRate, why }: Handling): string {
  const to = `${encoder.toUpperCase()}${bitRate === undefined ? '' : ` at ${Math.round(bitRate / 1000)} kbit/s`}`;
  return `${name} is converted to ${to}${why === undefined ? '' : `, ${why}`}`;
}
