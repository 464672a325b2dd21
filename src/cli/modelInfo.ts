import type { ModelInfo, Speed, VariantInfo } from '../models/info.js';

/** Edges of the tiles whose memory is shown. */
const TILES = [128, 256, 512];

/** What is known of a model, as lines for a terminal. */
export function renderModel(model: ModelInfo): string {
  const { name, architecture, parameters, licence, author, goodFor, denoise, sources, variants } = model;
  const rows: [string, string | undefined][] = [
    ['name', name],
    ['architecture', architecture],
    ['parameters', parameters?.toLocaleString('en-US')],
    ['licence', licence],
    ['author', author],
    ['good for', goodFor],
    ['denoise', denoise ? '0 to 1, with --denoise; 0.5 otherwise' : undefined],
    ...sources.map((source, i): [string, string] => [i === 0 ? 'source' : '', source]),
  ];
  return [...lines(rows), ...variants.flatMap((variant) => ['', ...lines(variantRows(variant))])].join('\n');
}

function variantRows({
  scale,
  file,
  state,
  tilePad,
  bytesPerPixel,
  inspected,
  speed,
}: VariantInfo): [string, string | undefined][] {
  return [
    ['scale', scale === undefined ? undefined : `x${scale}`],
    ['file', state === 'ready' ? file : `${state === 'missing' ? 'not pulled' : 'damaged'} (${file})`],
    ['takes', inspected && `${inspected.pixels === 'rgb' ? 'RGB' : 'luma'}, ${inspected.precision}`],
    ['sizes', inspected && sizes(inspected)],
    [
      'sees',
      inspected && (inspected.radius === undefined ? 'unknown' : `${inspected.radius} source pixels around a pixel`),
    ],
    ['overlap', tilePad === undefined ? undefined : `${tilePad} source pixels around a tile`],
    ['memory', bytesPerPixel === undefined ? undefined : memory(bytesPerPixel, inspected?.fixed)],
    [
      'speed',
      speed &&
        ('problem' in speed
          ? speed.problem
          : `${renderSpeed(speed)}, measured on ${speed.tile.width}x${speed.tile.height}`),
    ],
  ];
}

export const renderSpeed = ({ fps, device, precision }: Speed): string =>
  `${number(fps)} fps for 720x576 on ${device} in ${precision}`;

function sizes({ fixed, alignment }: NonNullable<VariantInfo['inspected']>): string {
  if (fixed) return `${fixed.width}x${fixed.height} only`;
  return alignment === 1 ? 'any' : `multiples of ${alignment}`;
}

function memory(bytesPerPixel: number, fixed: { width: number; height: number } | undefined): string {
  const tiles = fixed ? [fixed] : TILES.map((edge) => ({ width: edge, height: edge }));
  return tiles
    .map(
      ({ width, height }) => `${number((bytesPerPixel * width * height) / 1e6)} MB for a tile of ${width}x${height}`,
    )
    .join(', ');
}

/** Three digits. */
const number = (value: number): string =>
  Number(value.toPrecision(3)).toLocaleString('en-US', { maximumFractionDigits: 6 });

const lines = (rows: [string, string | undefined][]): string[] =>
  rows.flatMap(([label, text]) => (text === undefined ? [] : [`${label.padEnd(13)} ${text}`]));
