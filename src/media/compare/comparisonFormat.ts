import type { SourceInfo } from '../../job/source.js';
import { isRgb } from '../picture/color.js';
import { chromaPosition, SWS_MATRIX } from '../picture/deliverable.js';

type Video = SourceInfo['video'];

/** How two videos' pictures are made comparable. */
export interface ComparisonFormat {
  width: number;
  height: number;
  /** Planar, without alpha. */
  pixelFormat: string;
  /** Filters for each; none where pictures are compared as they are decoded. */
  a: string[];
  b: string[];
  /** For people: what was changed, and what the scores then mean. */
  notes: string[];
}

/** Pictures in A's format, range and matrix, at the size of the smaller of the two. */
export function comparisonFormat(a: Video, b: Video): ComparisonFormat {
  const size = b.width * b.height < a.width * a.height ? b : a;
  const { width, height } = size;
  const target: Target = { width, height, pixelFormat: planarFormat(a), color: a.color };
  return {
    width,
    height,
    pixelFormat: target.pixelFormat,
    a: conversion(a, target),
    b: conversion(b, target),
    notes: [...sizeNotes(a, b, size), ...formatNotes(a, b)],
  };
}

type Target = Pick<Video, 'width' | 'height' | 'pixelFormat' | 'color'>;

const sizeOf = ({ width, height }: Pick<Video, 'width' | 'height'>): string => `${width}x${height}`;

function sizeNotes(a: Video, b: Video, size: Video): string[] {
  if (sizeOf(a) === sizeOf(b)) return [];
  const [larger, other] = size === a ? ['B', 'A'] : ['A', 'B'];
  return [
    `A is ${sizeOf(a)} and B is ${sizeOf(b)}: ${larger} is brought to ${other}'s size by bicubic. ` +
      'So the scores say how alike they are when both are small; ' +
      'detail that only the larger one has does not count for it, nor does its lack count against it',
  ];
}

function formatNotes(a: Video, b: Video): string[] {
  const describe = (video: Video): string =>
    `${planarFormat(video)}, ${video.color.range} range, ${video.color.matrix}`;
  return describe(a) === describe(b) ? [] : [`B is brought from ${describe(b)} to A's ${describe(a)}`];
}

/**
 * With everything said that swscale would guess, but for bicubic's own two numbers, 0 and 0.6 everywhere: ffmpeg 5.1
 * reads them as integers.
 */
function conversion(from: Video, to: Target): string[] {
  const format = planarFormat(from);
  const same =
    sizeOf(from) === sizeOf(to) &&
    format === to.pixelFormat &&
    from.color.range === to.color.range &&
    from.color.matrix === to.color.matrix;
  if (same)
    return from.pixelFormat === to.pixelFormat
      ? []
      : [`scale=in_range=${to.color.range}:out_range=${to.color.range}`, `format=${to.pixelFormat}`];
  const [inX, inY] = chromaPosition(from.pixelFormat, from.color.chromaLocation);
  const [outX, outY] = chromaPosition(to.pixelFormat, to.color.chromaLocation);
  return [
    [
      `scale=w=${to.width}:h=${to.height}:flags=bicubic+accurate_rnd+full_chroma_int+full_chroma_inp:sws_dither=none`,
      `in_h_chr_pos=${inX}:in_v_chr_pos=${inY}:out_h_chr_pos=${outX}:out_v_chr_pos=${outY}`,
      `in_color_matrix=${SWS_MATRIX[from.color.matrix]}:out_color_matrix=${SWS_MATRIX[to.color.matrix]}`,
      `in_range=${from.color.range}:out_range=${to.color.range}`,
    ].join(':'),
    `format=${to.pixelFormat}`,
  ];
}

/** The planar format, without alpha, that holds a format's samples. */
function planarFormat({ pixelFormat, bitDepth }: Pick<Video, 'pixelFormat' | 'bitDepth'>): string {
  const deep = bitDepth > 8 ? `${bitDepth}le` : '';
  if (isRgb(pixelFormat)) return `gbrp${deep}`;
  if (/^(gray|ya\d)/.test(pixelFormat)) return `gray${deep}`;
  return `yuv${subsampling(pixelFormat)}p${deep}`;
}

function subsampling(pixelFormat: string): string {
  const named = /4(?:44|40|22|20|11|10)/.exec(pixelFormat)?.[0];
  if (named) return named;
  if (/^(nv24|nv42|p4)/.test(pixelFormat)) return '444';
  return /^(nv16|nv20|p2|y2)/.test(pixelFormat) ? '422' : '420';
}
