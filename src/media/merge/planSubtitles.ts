import type { Container } from '../../job/contents.js';
import type { FileContents, FileStream } from '../source/fileContents.js';
import { CONTAINERS, STYLED_SUBTITLES, TEXT_SUBTITLES } from './containers.js';
import { nameOf, type Planned, type PlannedTrack, taken, type WithinCut } from './plannedTrack.js';

/**
 * Subtitles are copied where the container holds them; other text is converted; what is neither is left out and named.
 */
export function planSubtitles({ streams }: FileContents, container: Container, within: WithinCut): Planned {
  const subtitles = streams.filter(({ kind }) => kind === 'subtitle');
  const planned: Planned = { tracks: [], warnings: [] };
  for (const stream of subtitles) {
    const name = nameOf('subtitle', stream, subtitles);
    if (within && !within.has(stream.index)) {
      planned.warnings.push(`${name} is left out: it has nothing in this part of the video`);
      continue;
    }
    const handling = handlingOf(stream, container);
    if (!handling) planned.warnings.push(`${name} is left out: ${whyNot(stream, container)}`);
    else planned.tracks.push({ kind: 'subtitle', name, ...taken(stream), ...handling });
    if (handling && !handling.copied && STYLED_SUBTITLES.has(stream.codec)) {
      planned.warnings.push(`${name} becomes plain text: its styles and positions are lost; -o NAME.mkv keeps them`);
    }
  }
  return planned;
}

function handlingOf(
  { codec }: FileStream,
  container: Container,
): Pick<PlannedTrack, 'codec' | 'copied' | 'encoder'> | undefined {
  const { subtitles, subtitleEncoder } = CONTAINERS[container];
  if (subtitles.has(codec)) return { codec, copied: true, encoder: 'copy' };
  return TEXT_SUBTITLES.has(codec)
    ? { codec: subtitleEncoder.codec, copied: false, encoder: subtitleEncoder.encoder }
    : undefined;
}

function whyNot({ codec }: FileStream, container: Container): string {
  if (container === 'mkv') return 'MKV cannot hold it';
  return CONTAINERS.mkv.subtitles.has(codec)
    ? 'its lines are pictures, which MP4 cannot hold; -o NAME.mkv keeps it'
    : 'MP4 cannot hold it';
}
