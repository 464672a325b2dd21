import type { Container } from '../../job/contents.js';
import { MOST_COVER_PIXELS } from '../ffmpeg/tools.js';
import type { FileContents, FileStream } from '../source/fileContents.js';
import { CONTAINERS } from './containers.js';
import { nameOf, type Planned, type PlannedTrack } from './plannedTrack.js';

const COVER_EDGE = Math.sqrt(MOST_COVER_PIXELS);

/** Attachments (fonts) and covers. In Matroska both are files with a name; MP4 holds covers only. */
export function planFiles({ streams }: FileContents, container: Container): Planned {
  const attachments = streams.filter(({ kind }) => kind === 'attachment');
  const covers = streams.filter(({ kind }) => kind === 'cover');
  const track = (
    stream: FileStream,
    kind: 'attachment' | 'cover',
    file: { title: string; mimeType: string },
  ): PlannedTrack => ({
    kind,
    name: nameOf(kind, stream, kind === 'cover' ? covers : attachments),
    codec: stream.codec,
    source: stream.index,
    copied: true,
    encoder: 'copy',
    dispositions: [],
    ...(container === 'mkv' && file),
  });
  // MP4 says how large a cover is.
  const fits = ({ sizeless }: FileStream): boolean => container === 'mkv' || !sizeless;
  const known = covers.filter(({ codec }) => CONTAINERS[container].covers.has(codec));
  const held = known.filter(fits);
  const tracks = [
    ...(container === 'mkv' ? attachments : []).map((stream, i) =>
      track(stream, 'attachment', {
        title: stream.title ?? `attachment-${i + 1}`,
        mimeType: stream.mimeType ?? 'application/octet-stream',
      }),
    ),
    ...held.map((stream) => track(stream, 'cover', imageFile(stream))),
  ];
  const why = (cover: FileStream): string =>
    known.includes(cover)
      ? `it is damaged or larger than ${COVER_EDGE}x${COVER_EDGE}; -o NAME.mkv keeps it`
      : `${container.toUpperCase()} cannot hold it`;
  const lost = covers
    .filter((cover) => !held.includes(cover))
    .map((cover) => `${nameOf('cover', cover, covers)} is left out: ${why(cover)}`);
  return { tracks, warnings: [...(container === 'mp4' ? attachmentsLost(attachments) : []), ...lost] };
}

function attachmentsLost(attachments: FileStream[]): string[] {
  if (attachments.length === 0) return [];
  const names = attachments.map(({ title, codec }) => title ?? codec).join(', ');
  return [
    `${attachments.length} attachment${attachments.length === 1 ? ' is' : 's are'} left out (${names}): ` +
      'MP4 has no place for files; -o NAME.mkv keeps them',
  ];
}

function imageFile({ codec, title, mimeType }: FileStream): { title: string; mimeType: string } {
  const jpeg = codec === 'mjpeg';
  return { title: title ?? `cover.${jpeg ? 'jpg' : codec}`, mimeType: mimeType ?? `image/${jpeg ? 'jpeg' : codec}` };
}
