import type { Fields } from '../job/source.js';

/**
 * The filters that make progressive pictures of interlaced ones, on the source's own planes: a frame for each frame, with `double` two.
 * - Fields that belong together are joined (fieldmatch); a frame that still combs is interpolated.
 * - Else bwdif interpolates every frame, whatever it is flagged as.
 */
export function fieldFilters({ remedy, order }: Fields): string[] {
  const bwdif = (mode: 'send_frame' | 'send_field', deint: 'all' | 'interlaced'): string => `bwdif=mode=${mode}:parity=${order}:deint=${deint}`;
  const filters = {
    match: [`fieldmatch=order=${order}:combmatch=full`, bwdif('send_frame', 'interlaced')],
    interpolate: [bwdif('send_frame', 'all')],
    double: [bwdif('send_field', 'all')],
  }[remedy];
  return [...filters, 'setfield=prog'];
}

const ORDER = { tff: 'top field first', bff: 'bottom field first' } as const;

/** What the user should know, in one line. */
export function describeFields({ remedy, order, telecined }: Fields): string {
  if (telecined) return 'the pictures are telecined 3:2: fields were joined to whole pictures again; the frame rate is kept, so that every fifth picture is shown twice';
  const done = {
    match: 'fields of whole pictures lay in two frames and were joined',
    interpolate: 'one picture was made of each frame',
    double: 'one picture was made of each field',
  }[remedy];
  return `the pictures are interlaced, ${ORDER[order]}: ${done}`;
}
