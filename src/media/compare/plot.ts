import { encodePng } from '../picture/png.js';
import type { Series } from './scores.js';

export interface Panel {
  title: string;
  /** One for each frame. Infinity is drawn at the top. */
  values: number[];
}

const WIDTH = 960;
const MARGIN = { left: 64, right: 24, top: 56, bottom: 40 };
const PANEL = 170;
const GAP = 34;
const PLOT = WIDTH - MARGIN.left - MARGIN.right;
/** Frames of a long video share columns, so that a plot's size does not grow with the length. */
const COLUMNS = PLOT;

/** One panel for each measure. */
export const panelsOf = (series: readonly Series[]): Panel[] =>
  series
    .filter(({ plane }) => plane === undefined || plane === 'average')
    .map(({ measure, values }) => ({ title: { psnr: 'PSNR, dB', ssim: 'SSIM', vmaf: 'VMAF' }[measure], values }));

/**
 * Draws curves over frames, one panel below the other, as an SVG that can be read on light and dark pages.
 * Of a long video each column shows the range and the mean of its frames.
 */
export function plotSvg(title: string, panels: readonly Panel[]): string {
  const height = MARGIN.top + panels.length * (PANEL + GAP) - GAP + MARGIN.bottom;
  const frames = Math.max(...panels.map(({ values }) => values.length));
  const bottom = height - MARGIN.bottom;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" ` +
      `viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12">`,
    `<style>${STYLE}</style>`,
    `<rect class="page" width="${WIDTH}" height="${height}"/>`,
    `<text class="ink" x="${MARGIN.left}" y="24" font-size="15">${escapeXml(title)}</text>`,
    ...panels.map((panel, p) => drawPanel(panel, MARGIN.top + p * (PANEL + GAP))),
    ...ticks(0, Math.max(1, frames - 1), 8)
      .filter(Number.isInteger)
      .map(
        (frame) =>
          `<text class="ink" x="${num(across(frame, frames))}" y="${bottom + 16}" ` +
          `text-anchor="middle">${frame}</text>`,
      ),
    `<text class="ink" x="${MARGIN.left + PLOT / 2}" y="${bottom + 34}" text-anchor="middle">frame</text>`,
    '</svg>',
    '',
  ].join('\n');
}

// The first colours are for readers that know no media queries.
const STYLE = [
  '.page{fill:#fff}.ink{fill:#222}.grid{stroke:#ddd}.range{fill:#9ec5f4}' +
    '.curve{fill:none;stroke:#1f5fb4;stroke-width:1.4;stroke-linejoin:round}',
  '@media (prefers-color-scheme:dark){' +
    '.page{fill:#16181c}.ink{fill:#ddd}.grid{stroke:#383c44}.range{fill:#2d4a70}.curve{stroke:#7fb2f0}}',
].join('');

function drawPanel({ title, values }: Panel, top: number): string {
  const [low, high] = rangeOf(values);
  const columns = columnsOf(values);
  const y = (value: number): number => top + PANEL * (1 - (Math.min(value, high) - low) / (high - low));
  const point = (frame: number, value: number): string => `${num(across(frame, values.length))},${num(y(value))}`;
  const lines = ticks(low, high, 4).map((tick) =>
    [
      `<line class="grid" x1="${MARGIN.left}" x2="${MARGIN.left + PLOT}" y1="${num(y(tick))}" y2="${num(y(tick))}"/>`,
      `<text class="ink" x="${MARGIN.left - 8}" y="${num(y(tick) + 4)}" ` +
        `text-anchor="end">${Number(tick.toPrecision(6))}</text>`,
    ].join(''),
  );
  const range = [
    ...columns.map((c) => point(c.frame, c.most)),
    ...columns.map((c) => point(c.frame, c.least)).reverse(),
  ];
  return [
    `<text class="ink" x="${MARGIN.left}" y="${top - 8}">${escapeXml(title)}` +
      `${values.includes(Infinity) ? ' (equal pictures at the top)' : ''}</text>`,
    ...lines,
    ...(columns.length < values.length ? [`<polygon class="range" points="${range.join(' ')}"/>`] : []),
    columns.length === 1
      ? `<circle class="curve" cx="${num(across(0, 1))}" cy="${num(y(values[0] as number))}" r="2"/>`
      : `<polyline class="curve" points="${columns.map((c) => point(c.frame, c.mean)).join(' ')}"/>`,
  ].join('\n');
}

const across = (frame: number, frames: number): number =>
  MARGIN.left + (frames === 1 ? PLOT / 2 : (PLOT * frame) / (frames - 1));

interface Column {
  /** In the middle of the column. */
  frame: number;
  least: number;
  mean: number;
  most: number;
}

function columnsOf(values: readonly number[]): Column[] {
  const count = Math.min(values.length, COLUMNS);
  return Array.from({ length: count }, (_, c) => {
    const from = Math.floor((c * values.length) / count);
    const to = Math.floor(((c + 1) * values.length) / count);
    const own = values.slice(from, to);
    return {
      frame: (from + to - 1) / 2,
      least: Math.min(...own),
      mean: own.reduce((sum, value) => sum + value, 0) / own.length,
      most: Math.max(...own),
    };
  });
}

/** Least and most finite value with a little air; something around 1 where no value is finite. */
function rangeOf(values: readonly number[]): [low: number, high: number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  const air = (high - low || Math.abs(high) || 1) * 0.06;
  return [low - air, high + air];
}

/** About `count` round numbers within a range. */
function ticks(low: number, high: number, count: number): number[] {
  const raw = (high - low) / count;
  const magnitude = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5].find((factor) => factor * magnitude >= raw) ?? 10) * magnitude;
  const first = Math.ceil(low / step);
  return Array.from({ length: Math.max(0, Math.floor(high / step) - first + 1) }, (_, i) => (first + i) * step);
}

const num = (value: number): string => String(Math.round(value * 10) / 10);

/** Characters that XML cannot hold at all are left out. */
const escapeXml = (text: string): string =>
  text
    .replace(
      /[\u0000-\u001f\u007f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
      '',
    )
    .replace(/[&<>"]/g, (character) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[character] ?? '&quot;');

/** Draws an SVG into a PNG file; needs an ffmpeg with librsvg. The file is replaced if it is there. */
export const rasterise = (svg: string, file: string, signal?: AbortSignal): Promise<void> =>
  // Read from a pipe, a picture ends where its first packet does.
  encodePng(['-f', 'svg_pipe', '-frame_size', String(Buffer.byteLength(svg))], svg, file, signal);
