import { MEZZANINE_BYTES_PER_PIXEL } from './diskEstimate.js';
import type { BitDepth } from './pictureSpec.js';

const MAX_SEGMENTS = 500;
const MEZZANINE_BYTES = 10e9;
const SEGMENT_SECONDS = 15 * 60;
/** Of a device's share of the frames: the largest segment. */
const LARGEST_SHARE = 1 / 8;
/** And the smallest, where there are several devices: at most so long do the others wait for the last one. */
const LEAST_SHARE = 1 / 32;
/**
 * A segment is at most this share of what is then left for each device: so one that is three times slower than the
 * rest still ends with them.
 */
const LEFT_SHARE = 1 / 3;
/** Below this a segment's own costs (a decoder, an encoder, a keyframe) would count. */
const LEAST_FRAMES = 25;
const LEAST_SECONDS = 10;

export interface SizeRequest {
  /** Size of the output picture in pixels. */
  outputPixels: number;
  /** Of a sample in the output. Default: 8. */
  bitDepth?: BitDepth;
  /** Frames a second that one device is expected to reach; undefined for a filter. */
  estimatedFps?: number;
  /** Devices that may work at the same time. */
  devices: number;
  /** The user's wish, which the other rules do not change. */
  segmentFrames?: number;
}

/** Frames in a closed GOP, and in one encoded part, a multiple of it. */
export interface EncodeGrid {
  gop: number;
  part: number;
}

/**
 * Frames in each segment, in order. For one device they are equal. For several they become smaller towards the end, so
 * that whichever device is free last is late by a small segment only; which device takes which is not planned, since
 * it takes the next when it is free.
 */
export function segmentSizes(request: SizeRequest, frames: number, { gop, part }: EncodeGrid): number[] {
  if (request.segmentFrames !== undefined) return equal(frames, request.segmentFrames);
  const byDisk = MEZZANINE_BYTES / (request.outputPixels * MEZZANINE_BYTES_PER_PIXEL[request.bitDepth ?? 8]);
  const byTime = request.estimatedFps === undefined ? Infinity : request.estimatedFps * SEGMENT_SECONDS;
  const most = Math.max(1, Math.min(byDisk, byTime));
  if (request.devices > 1) return forSeveral(request, frames, most, gop);
  // A short clip is not cut below one encode part, which would cost keyframes and save nothing.
  const wanted = Math.max(Math.min(part, most), Math.min(most, frames * LARGEST_SHARE));
  const aligned = wanted >= part ? Math.floor(wanted / part) * part : Math.floor(wanted);
  return equal(frames, Math.max(aligned, Math.ceil(frames / MAX_SEGMENTS)));
}

function equal(frames: number, size: number): number[] {
  return Array.from({ length: Math.ceil(frames / size) }, (_, i) => Math.min(size, frames - i * size));
}

function forSeveral({ devices, estimatedFps = 0 }: SizeRequest, frames: number, most: number, gop: number): number[] {
  const share = frames / devices;
  const largest = Math.min(most, Math.max(LEAST_FRAMES, share * LARGEST_SHARE));
  const least = Math.min(largest, Math.max(LEAST_FRAMES, share * LEAST_SHARE, estimatedFps * LEAST_SECONDS));
  for (let factor = 1; ; factor *= 1.1) {
    const sizes = tapering(frames, devices, largest * factor, least * factor, gop);
    if (sizes.length <= MAX_SEGMENTS) return sizes;
  }
}

function tapering(frames: number, devices: number, largest: number, least: number, gop: number): number[] {
  const sizes: number[] = [];
  for (let left = frames; left > 0; ) {
    const wanted = Math.min(largest, Math.max(least, (left / devices) * LEFT_SHARE));
    const size = Math.min(left, wholeGops(Math.max(least, wanted * stagger(sizes.length, devices)), gop));
    sizes.push(size);
    left -= size;
  }
  return sizes;
}

/**
 * The first segments are cut to lengths of their own, so that equal devices are through with theirs one after the
 * other: all at once, they would wait for the encodes, since only so many segments may lie on the disk.
 */
const stagger = (index: number, devices: number): number =>
  index < devices ? (devices + index + 1) / (2 * devices) : 1;

/** A segment ends its last GOP early otherwise, which costs a keyframe. */
const wholeGops = (frames: number, gop: number): number =>
  frames >= gop ? Math.floor(frames / gop) * gop : Math.max(1, Math.floor(frames));
