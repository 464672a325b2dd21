import { CONTAINERS } from './containers.js';
import type { FileStream } from './contents.js';
import { editedTracks } from './editLists.js';
import { nameOf, taken, type Planned, type PlannedTrack, type PlanRequest } from './plannedTrack.js';
import { firstPacket, firstSample } from './starts.js';

const LOSSLESS = /^(pcm_|flac|alac|truehd|mlp|wavpack|tta|ape)/;
/** Bits a second of AAC for each channel, where the source names no lossy rate. */
const BIT_RATE_PER_CHANNEL = 96_000;

/**
 * Decides what becomes of each audio track. Tracks that give no sound are left out.
 * @returns `starts`: when the tracks' packets begin on the source's clock, in seconds, as the container will hold them.
 */
export async function planAudio(request: PlanRequest): Promise<Planned & { starts: number[] }> {
  const { file, source, container, signal } = request;
  const audio = source.streams.filter(({ kind }) => kind === 'audio');
  const edited = source.format.startsWith('mov') && audio.length > 0 ? await editedTracks(file) : new Set<number>();
  const planned: Planned & { starts: number[] } = { tracks: [], warnings: [], starts: [] };
  for (const stream of audio) {
    const name = nameOf('audio track', stream, audio);
    const heard = stream.codec === '' ? undefined : await firstSample(file, stream.index, signal);
    if (heard === undefined) {
      planned.warnings.push(`${name} is left out: it gives no sound`);
      continue;
    }
    const isEdited = stream.id !== undefined && edited.has(stream.id);
    const handling = handlingOf(stream, request, isEdited);
    if (!handling.copied) planned.warnings.push(converted(name, stream, handling, isEdited));
    // MP4 marks priming, so that copied sound begins where it is heard. Matroska does so for Opus only: there the priming is heard too.
    const plays = container === 'mkv' && handling.copied ? ((await firstPacket(file, stream.index, signal)) ?? heard) : heard;
    planned.starts.push(plays);
    planned.tracks.push({ kind: 'audio', name, ...taken(stream), ...handling, startSeconds: stream.codec === 'opus' ? heard : plays });
  }
  return planned;
}

type Handling = Pick<PlannedTrack, 'codec' | 'copied' | 'encoder' | 'bitRate'>;

/** Sound that an edit list cuts into pieces is decoded: copied packets would not be what is heard. */
function handlingOf(stream: FileStream, { container, audio }: PlanRequest, isEdited: boolean): Handling {
  const rules = CONTAINERS[container];
  const holds = audio === 'copy' ? rules.audio : rules.copiedAudio;
  if (holds(stream.codec) && !isEdited) return { codec: stream.codec, copied: true, encoder: 'copy' };
  const encoder = rules.audioEncoder;
  return { codec: encoder, copied: false, encoder, ...(encoder === 'aac' && { bitRate: bitRateOf(stream) }) };
}

function bitRateOf({ codec, bitRate, channels }: FileStream): number {
  const usual = BIT_RATE_PER_CHANNEL * Math.max(1, channels);
  if (bitRate === undefined || LOSSLESS.test(codec)) return usual;
  return Math.min(Math.max(bitRate, usual / 2), usual * 1.5);
}

function converted(name: string, { codec }: FileStream, { encoder, bitRate }: Handling, isEdited: boolean): string {
  const to = `${encoder.toUpperCase()}${bitRate === undefined ? '' : ` at ${Math.round(bitRate / 1000)} kbit/s`}`;
  return `${name} is converted from ${codec} to ${to}${isEdited ? ', since its edit list cuts it into pieces' : ''}`;
}
