import type { Hdr } from '../../job/source.js';

const POINTS = [
  ['G', 'green'],
  ['B', 'blue'],
  ['R', 'red'],
  ['WP', 'white'],
] as const;

/** More of x265's parameters, each with a colon before it: chromaticities in 1/50000, luminances in 1/10000 cd/m². */
export function x265Hdr(hdr: Hdr | undefined): string {
  const { mastering, light } = hdr ?? {};
  const list = (values: readonly number[], unit: number): string =>
    values.map((value) => Math.round(value * unit)).join(',');
  const points = mastering && POINTS.map(([letter, name]) => `${letter}(${list(mastering[name], 50_000)})`).join('');
  return [
    ...(mastering
      ? [`:master-display=${points}L(${list([mastering.maxLuminance, mastering.minLuminance], 10_000)})`]
      : []),
    ...(light ? [`:max-cll=${light.max},${light.average}`] : []),
  ].join('');
}

/** More of SVT-AV1's parameters, each with a colon before it: plain numbers, luminances in cd/m². */
export function svtHdr(hdr: Hdr | undefined): string {
  const { mastering, light } = hdr ?? {};
  const list = (values: readonly number[]): string => values.map((value) => value.toFixed(6)).join(',');
  const points = mastering && POINTS.map(([letter, name]) => `${letter}(${list(mastering[name])})`).join('');
  return [
    ...(mastering ? [`:mastering-display=${points}L(${list([mastering.maxLuminance, mastering.minLuminance])})`] : []),
    ...(light ? [`:content-light=${light.max},${light.average}`] : []),
  ].join('');
}
