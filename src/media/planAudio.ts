import { CONTAINERS } from './containers.js';
import type { FileStream } from './contents.js';
import { editedTracks, type Stretch } from './editLists.js';
import { nameOf, taken, type Planned, type PlannedTrack, type PlanRequest } from './plannedTrack.js';
import { firstPacket, firstSample } from './starts.js';

const LOSSLESS = /^(pcm_|flac|alac|truehd|mlp|wavpack|tta|ape)/;
/** Bits a second of AAC for each channel, where the source names no lossy rate. */
const BIT_RATE_PER_CHANNEL = 96_000;

/**
 * Decides what becomes of each audio track. Tracks that give no sound are left out.
 * @returns `starts`: when each track begins on the source's clock, in seconds, with its priming where the container has no time before zero.
 */
export async function planAudio(request: PlanRequest): Promise<Planned & { starts: number[] }> {
  const { file, source, container, signal } = request;
  const audio = source.streams.filter(({ kind }) => kind === 'audio');
  const edited = source.format.startsWith('mov') && audio.length > 0 ? await editedTracks(file) : new Map<number, Stretch[]>();
  const planned: Planned & { starts: number[] } = { tracks: [], warnings: [], starts: [] };
  for (const stream of audio) {
    const name = nameOf('audio track', stream, audio);
    const stretches = stream.id === undefined ? undefined : edited.get(stream.id);
    const sounds = stream.codec === '' ? undefined : await firstSample(file, stream.index, signal);
    const heard = sounds === undefined ? undefined : (stretches?.[0]?.pause ?? sounds);
    if (heard === undefined) {
      planned.warnings.push(`${name} is left out: it gives no sound`);
      continue;
    }
    const handling = handlingOf(stream, request, stretches);
    if (!handling.copied) planned.warnings.push(converted(name, handling));
    // Priming is heard, unless it lies before zero in MP4. Opus brings its own mark.
    const packets = handling.copied ? ((await firstPacket(file, stream.index, signal)) ?? heard) : heard - priming(stream, handling);
    planned.starts.push(container === 'mkv' ? packets : heard);
    planned.tracks.push({ kind: 'audio', name, ...taken(stream), ...handling, startSeconds: handling.codec === 'opus' ? heard : packets });
  }
  return planned;
}

/** What ffmpeg's AAC encoder puts before the sound, in seconds: a frame of 1024 samples, of which it takes at most 96,000 a second. */
const priming = ({ sampleRate }: FileStream, { encoder }: Handling): number => (encoder === 'aac' && sampleRate > 0 ? 1024 / Math.min(sampleRate, 96_000) : 0);

type Handling = Pick<PlannedTrack, 'codec' | 'copied' | 'encoder' | 'bitRate' | 'stretches'>;

/** Sound that an edit list cuts into pieces is decoded: copied packets would not be what is heard. */
function handlingOf(stream: FileStream, { container, audio }: PlanRequest, stretches: Stretch[] | undefined): Handling {
  const rules = CONTAINERS[container];
  const holds = audio === 'copy' ? rules.audio : rules.copiedAudio;
  if (holds(stream.codec) && !stretches) return { codec: stream.codec, copied: true, encoder: 'copy' };
  const encoder = rules.audioEncoder;
  return { codec: encoder, copied: false, encoder, ...(encoder === 'aac' && { bitRate: bitRateOf(stream) }), ...(stretches && { stretches }) };
}

function bitRateOf({ codec, bitRate, channels }: FileStream): number {
  const usual = BIT_RATE_PER_CHANNEL * Math.max(1, channels);
  if (bitRate === undefined || LOSSLESS.test(codec)) return usual;
  return Math.min(Math.max(bitRate, usual / 2), usual * 1.5);
}

function converted(name: string, { encoder, bitRate, stretches }: Handling): string {
  const to = `${encoder.toUpperCase()}${bitRate === undefined ? '' : ` at ${Math.round(bitRate / 1000)} kbit/s`}`;
  return `${name} is converted to ${to}${stretches ? ', since its edit list cuts it into pieces' : ''}`;
}
