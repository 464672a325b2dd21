import type { Fields } from '../../job/source.js';

/**
 * The filters that make progressive pictures of interlaced ones, on the source's own planes: a frame for each frame,
 * with `double` two.
 * - Fields that belong together are joined (fieldmatch); a frame that still combs is interpolated.
 * - Else bwdif interpolates every frame, whatever it is flagged as; outside of `stretches` frames stay as they are,
 *   with `double` shown twice.
 */
export function fieldFilters({ remedy, order, stretches }: Fields): string[] {
  const bwdif = (mode: 'send_frame' | 'send_field', deint: 'all' | 'interlaced'): string =>
    `bwdif=mode=${mode}:parity=${order}:deint=${deint}`;
  const filters = {
    match: [`fieldmatch=order=${order}:combmatch=full`, bwdif('send_frame', 'interlaced')],
    interpolate: [bwdif('send_frame', 'all')],
    double: [bwdif('send_field', 'all')],
  }[remedy];
  return [...(stretches ? within(stretches, filters.join(',')) : filters), 'setfield=prog'];
}

/**
 * Takes what a filter gives in these frames only. The clock counts frames; the second picture of one that is doubled
 * lies half-way.
 */
function within(stretches: readonly [number, number][], filter: string): string[] {
  const inside = stretches.map(([start, end]) => `between(t,${start},${end - 0.5})`).join('+');
  // The blend's first input goes through untouched where it is not enabled, and sets the pace; no opacity gives the
  // second one.
  return [
    'settb=1',
    'setpts=N',
    `split[whole][woven];[woven]${filter}[apart];` +
      `[apart][whole]blend=all_mode=normal:all_opacity=0:enable='not(${inside})'`,
  ];
}

const ORDER = { tff: 'top field first', bff: 'bottom field first' } as const;

/** What the user should know, in one line. */
export function describeFields({ remedy, order, telecined, stretches }: Fields): string {
  if (telecined)
    return (
      'the pictures are telecined 3:2: fields were joined to whole pictures again; ' +
      'the frame rate is kept, so that every fifth picture is shown twice'
    );
  const done = {
    match: 'fields of whole pictures lay in two frames and were joined',
    interpolate: 'one picture was made of each frame',
    double: 'one picture was made of each field',
  }[remedy];
  if (stretches)
    return (
      `the pictures are interlaced in ${stretches.length} stretches ` +
      `(${stretches.reduce((sum, [start, end]) => sum + end - start, 0)} frames), ` +
      `${ORDER[order]}: ${done} there`
    );
  return `the pictures are interlaced, ${ORDER[order]}: ${done}`;
}
