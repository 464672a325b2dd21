import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { digestOf } from '../lib/digest.js';
import type { PictureSpec } from './pictureSpec.js';
import type { DeliverySpec, EncodeSpec, JobSpec, Method, ModelMethod, RootedPath } from './spec.js';

/**
 * Digest of a value as canonical JSON (RFC 8785): the order in which keys were set does not count. Keys name folders
 * on disk, so the bytes of this form never change.
 */
export const keyOf = (value: object): string =>
  createHash('sha256')
    .update(canonicalize(value) as string)
    .digest('hex')
    .slice(0, 32);

/** Names what is recorded of a file, whatever its own name holds. */
export const fileKey = ({ root, path }: RootedPath): string => digestOf(`${root}\0${path}`).slice(0, 32);

/** Names what the pictures depend on. A model counts by its bytes, not by its name or place. */
export function upscaleKey(
  inputDigest: string,
  method: Method,
  { deinterlace, bitDepth, ...wishes }: PictureSpec,
): string {
  const pictures =
    method.kind === 'filter' ? method : { ...method, ...withoutDefaults(method), name: undefined, file: undefined };
  // Of a crop only counts what it leaves, not how it was found.
  const crop = wishes.crop && { ...wishes.crop, found: undefined };
  return keyOf({
    version: 1,
    inputDigest,
    pictures,
    ...(deinterlace !== 'auto' && { deinterlace }),
    ...(bitDepth !== 8 && { bitDepth }),
    ...wishes,
    crop,
  });
}

/** Settings that came later are left out at what they were before, so that older jobs keep their keys and parts. */
const withoutDefaults = ({ pixels, alignment, blend }: ModelMethod) => ({
  pixels: pixels === 'rgb' ? undefined : pixels,
  alignment: alignment === 1 ? undefined : alignment,
  blend: blend === 0 ? undefined : blend,
});

/** Adds what the delivered file depends on. */
export function jobKey(
  upscale: string,
  encode: EncodeSpec,
  { audio }: Pick<DeliverySpec, 'audio'>,
  input: RootedPath,
  output: RootedPath,
): string {
  // The container is told by the output's name; `auto` is left out, as before there was a choice.
  return keyOf({ upscale, encode, input, output, ...(audio !== 'auto' && { audio }) });
}

/** The name people use: the first eight digits. */
export const shortJob = (spec: Pick<JobSpec, 'jobKey'>): string => spec.jobKey.slice(0, 8);
