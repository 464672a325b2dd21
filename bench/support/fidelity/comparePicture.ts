import { type Cell, converted, kept, lost, together } from './cells.js';
import type { Measured } from './measure.js';
import type { Likeness } from './pictures.js';

/** Shape on the screen and size: pixels keep their shape, and what was turned by a matrix is upright. */
export function compareShape(source: Measured, result: Measured, scale: number): Cell {
  const matrix = source.video.side_data_list.find(({ side_data_type }) => side_data_type === 'Display Matrix');
  const turned = (matrix?.rotation ?? 0) % 180 !== 0;
  const [width, height] = turned
    ? [source.video.height, source.video.width]
    : [source.video.width, source.video.height];
  const [across, down] = source.video.sample_aspect_ratio.split(':').map(Number);
  const wanted = turned ? `${down}:${across}` : `${across}:${down}`;
  const even = (n: number): number => n + (n % 2);
  const size = [even(width * scale), even(height * scale)];
  const is = result.video;
  const cells: Cell[] = [
    is.sample_aspect_ratio === wanted ? kept(wanted) : lost(`${wanted} → ${is.sample_aspect_ratio}`),
  ];
  if (is.width !== size[0] || is.height !== size[1])
    cells.push(lost(`${is.width}x${is.height} instead of ${size.join('x')}`));
  if (width * scale !== size[0] || height * scale !== size[1])
    cells.push(converted(`${width * scale}x${height * scale} → ${size.join('x')}, even`));
  if (is.side_data_list.some(({ side_data_type }) => side_data_type === 'Display Matrix'))
    cells.push(lost('a matrix is left'));
  else if (matrix) cells.push(converted(`turned by ${matrix.rotation ?? 0} → upright`));
  return together(cells);
}

const COLORS = ['color_space', 'color_primaries', 'color_transfer'] as const;

/** What bits of a format's name say: 10 of `yuv420p10le`. */
const depth = (format: string): number => Number(/p(\d\d)(?:le|be)$/.exec(format)?.[1] ?? 8);
const layout = (format: string): string => /(4\d\d)/.exec(format)?.[1] ?? format;

/**
 * Tags, depth and layout of the samples, and what the pictures themselves say: wrong matrices and ranges show as low
 * PSNR.
 */
export function compareColors(source: Measured, result: Measured, warnings: readonly string[]): Cell {
  const [from, to] = [source.video, result.video];
  const cells: Cell[] = [];
  for (const name of COLORS) {
    const [is, wanted] = [to[name], from[name]];
    if (wanted !== undefined && is !== wanted)
      cells.push(alias(wanted) === alias(is) ? kept() : lost(`${name} ${wanted} → ${is ?? 'none'}`));
    else if (wanted === undefined) cells.push(is === undefined ? lost(`no ${name}`) : converted(`no ${name} → ${is}`));
  }
  const range = (stream: typeof from): string =>
    stream.color_range ?? (stream.pix_fmt.startsWith('yuvj') ? 'pc' : 'tv');
  if (range(from) !== range(to)) cells.push(lost(`range ${range(from)} → ${range(to)}`));
  if (depth(from.pix_fmt) !== depth(to.pix_fmt))
    cells.push(converted(`${depth(from.pix_fmt)} → ${depth(to.pix_fmt)} bit`));
  if (layout(from.pix_fmt) !== layout(to.pix_fmt)) cells.push(converted(`${from.pix_fmt} → ${to.pix_fmt}`));
  if (from.tags['alpha_mode'] === '1' || /^(yuva|rgba|bgra|argb|abgr|gbrap)/.test(from.pix_fmt)) {
    cells.push(
      warnings.some((warning) => /alpha|transparen/i.test(warning))
        ? converted('alpha flattened: told')
        : lost('alpha is gone, and nobody says so'),
    );
  }
  for (const data of source.hdrData) if (!result.hdrData.includes(data)) cells.push(lost(data));
  return together([kept([to.color_space, range(to)].join(' ')), ...cells]);
}

/** Names that mean one curve: H.264 has no number of its own for SMPTE 170M's. */
const alias = (name: string | undefined): string | undefined =>
  name === 'smpte170m' || name === 'bt470bg' ? 'bt601' : name;

/** In dB: below these a picture is another one, or in other colours. */
const LEAST = 22;
const USUAL = 30;

export function comparePictures({ least, mean }: Likeness, interlaced: boolean): Cell {
  const text = `${mean.y.toFixed(1)}, ${Math.min(mean.u, mean.v).toFixed(1)} dB`;
  if (least >= LEAST && mean.y >= USUAL && Math.min(mean.u, mean.v) >= USUAL) return kept(text);
  return interlaced && Math.min(mean.u, mean.v) >= USUAL
    ? converted(`fields → frames, ${text}`)
    : lost(`${text}, least ${least.toFixed(1)}`);
}
