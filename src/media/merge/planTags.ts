import type { Container } from '../../job/contents.js';

const list = (names: string): Set<string> => new Set(names.split(' '));

/** What the old file said of itself, and would be wrong of the new one. */
const TECHNICAL =
  /^(encoder|encoded_with|major_brand|minor_version|compatible_brands|duration|timecode|_statistics|bps|number_of_)/;
/** Tags that ffmpeg writes to MP4 in the places where players look for them. */
const MP4_TEXTS = list(
  'title artist album_artist composer album date comment genre copyright grouping lyrics ' +
    'description synopsis show episode_id network keywords',
);
const MP4_NUMBERS = list('track disc episode_sort season_number media_type hd_video gapless_playback compilation');
/** Written in another form than they were read in. */
const REWRITTEN = list('creation_time location');

/**
 * The tags of the whole file that a container takes.
 * @returns `exact`: those that are read back letter for letter.
 */
export function planTags(
  tags: Record<string, string>,
  container: Container,
): { written: Record<string, string>; exact: Record<string, string>; warnings: string[] } {
  const kept = Object.entries(tags).filter(([name]) => !TECHNICAL.test(name));
  // QuickTime gives the place once for each language that it is written in.
  const told = kept.filter(([name]) => container === 'mkv' || fitsMp4(name, tags[name] ?? ''));
  const lost = kept
    .map(([name]) => name)
    .filter((name) => !told.some(([other]) => other === name) && !name.startsWith('location-'));
  return {
    written: Object.fromEntries(told),
    exact: Object.fromEntries(told.filter(([name]) => !REWRITTEN.has(name))),
    warnings:
      lost.length === 0
        ? []
        : [`tags are left out (${lost.join(', ')}): MP4 has no place for them; -o NAME.mkv keeps them`],
  };
}

const fitsMp4 = (name: string, value: string): boolean =>
  MP4_TEXTS.has(name) || REWRITTEN.has(name) || (MP4_NUMBERS.has(name) && /^\d+(\/\d+)?$/.test(value));
