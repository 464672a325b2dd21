export interface Point {
  name: string;
  /** Frames a second. */
  fps: number;
  /** In dB over bicubic. */
  gain: number;
}

const SIZE = { width: 720, height: 420 };
const [LEFT, RIGHT, TOP, BOTTOM] = [60, 120, 44, 48];

/** What networks gain against how fast they are, the speed in steps of two, as an SVG. */
export function plotQuality(title: string, points: readonly Point[]): string {
  const speeds = points.map(({ fps }) => Math.log2(fps));
  const [slowest, fastest] = [Math.floor(Math.min(...speeds)), Math.ceil(Math.max(...speeds))];
  const most = Math.ceil(Math.max(...points.map(({ gain }) => gain)));
  const x = (log: number) => LEFT + ((log - slowest) / (fastest - slowest)) * (SIZE.width - LEFT - RIGHT);
  const y = (gain: number) => SIZE.height - BOTTOM - (gain / most) * (SIZE.height - TOP - BOTTOM);
  const [left, right, top, bottom] = [x(slowest), x(fastest), y(most), y(0)];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}"` +
      ' font-family="sans-serif" font-size="13">',
    `<rect width="${SIZE.width}" height="${SIZE.height}" fill="#fff"/>`,
    `<text x="${LEFT}" y="24" font-size="15">${title}</text>`,
    ...upTo(slowest, fastest).map((log) => line(x(log), top, x(log), bottom) + text(x(log), bottom + 18, 2 ** log)),
    ...upTo(0, most).map((gain) => line(left, y(gain), right, y(gain)) + text(left - 16, y(gain) + 4, gain)),
    text((left + right) / 2, SIZE.height - 10, 'frames of 720x576 a second'),
    ...points.map(
      ({ name, fps, gain }) =>
        `<circle cx="${x(Math.log2(fps)).toFixed(1)}" cy="${y(gain).toFixed(1)}" r="4" fill="#1f5fb4"/>` +
        `<text x="${(x(Math.log2(fps)) + 8).toFixed(1)}" y="${(y(gain) + 4).toFixed(1)}">${name}</text>`,
    ),
    '</svg>',
    '',
  ].join('\n');
}

const upTo = (first: number, last: number): number[] => Array.from({ length: last - first + 1 }, (_, i) => first + i);
const line = (...[x1, y1, x2, y2]: number[]): string =>
  `<path d="M${x1?.toFixed(1)} ${y1?.toFixed(1)}L${x2?.toFixed(1)} ${y2?.toFixed(1)}" stroke="#ddd"/>`;
const text = (x: number, y: number, shown: string | number): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="middle">${shown}</text>`;
