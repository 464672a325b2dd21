import type { FrameTable } from './table.js';

const WIDTH = 960;
const HEIGHT = 160;
/** Columns of the plot; each shows the largest value of its frames. */
const COLUMNS = 480;

/** An SVG of every frame's difference from its source: a small picture whatever the video's length. */
export function plot(table: FrameTable, wrong: readonly (readonly [first: number, last: number])[]): string {
  const { frames } = table;
  if (frames === 0) return '';
  const columns = Math.min(COLUMNS, frames);
  const [luma, chroma] = (['luma', 'chroma'] as const).map((field) => largest(table.column(field), columns)) as [
    Float32Array,
    Float32Array,
  ];
  const top = Math.max(4, ...luma, ...chroma);
  const x = (column: number): string => ((column * WIDTH) / columns).toFixed(1);
  const y = (value: number): string => (HEIGHT - Math.sqrt(value / top) * (HEIGHT - 4)).toFixed(1);
  const line = (values: Float32Array, name: string): string => {
    const points = [...values].flatMap((value, i) => [`${x(i)},${y(value)}`, `${x(i + 1)},${y(value)}`]);
    return `<polyline class="${name}" points="${points.join(' ')}"/>`;
  };
  const marks = wrong.map(([first, last]) => {
    const from = (first * WIDTH) / frames;
    const width = Math.max(2, ((last + 1 - first) * WIDTH) / frames);
    return `<rect class="wrong" x="${from.toFixed(1)}" y="0" width="${width.toFixed(1)}" height="${HEIGHT}"/>`;
  });
  return (
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="difference of each frame from its source">` +
    `${marks.join('')}${line(chroma, 'chroma')}${line(luma, 'luma')}</svg>\n` +
    '<p class="axis"><span>frame 0</span>' +
    '<span>difference from the source, <b class="luma">luma</b> and <b class="chroma">chroma</b>; ' +
    `the top is ${top.toFixed(1)} of 255, square-root scale</span><span>frame ${frames - 1}</span></p>`
  );
}

function largest(values: Float32Array, columns: number): Float32Array {
  const result = new Float32Array(columns);
  for (const [i, value] of values.entries()) {
    const column = Math.floor((i * columns) / values.length);
    result[column] = Math.max(result[column] as number, value);
  }
  return result;
}
