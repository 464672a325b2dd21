import { MEZZANINE_BYTES_PER_PIXEL } from './diskEstimate.js';
import type { BitDepth } from './pictureSpec.js';

const MAX_SEGMENTS = 500;
const MEZZANINE_BYTES = 2.5e9;
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
export const LEAST_FRAMES = 25;
const LEAST_SECONDS = 2;
/** The first and the last segment of one device: encodes wait for the one, and the job for the encode of the other. */
const EDGE_SECONDS = 1;
/** Of a pixel of the result: x264 `fast` on two cores, film, measured. */
export const ENCODE_SECONDS = 2e-8;
/** Of a device's time, what a frame's encode takes at least where short segments are worth their keyframes. */
const LEAST_ENCODE_SHARE = 0.1;

export interface SizeRequest {
  /** Size of the output picture in pixels. */
  outputPixels: number;
  /** Of a sample in the output. Default: 8. */
  bitDepth?: BitDepth;
  /** Frames a second that one device is expected to reach; undefined for a filter. */
  estimatedFps?: number;
  /** Devices that may work at the same time. */
  devices: number;
  /** Encodes follow the upscale part by part: short segments would gain nothing. */
  follows?: boolean;
  /** The user's wish, which the other rules do not change. */
  segmentFrames?: number;
}

/** Frames in a closed GOP, and in one encoded part, a multiple of it. */
export interface EncodeGrid {
  gop: number;
  part: number;
}

/**
 * Frames in each segment, in order. For a filter and for a slow device they are equal. One that is not slow beside the
 * encodes has short ones at both ends, so that the first encode begins early and the last one ends soon after the
 * device. For several devices they become smaller towards the end, so that whichever is free last is late by a small
 * segment only; which device takes which is not planned, since it takes the next when it is free.
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
  const size = Math.max(aligned, Math.ceil(frames / MAX_SEGMENTS));
  const encodeShare = (request.estimatedFps ?? 0) * request.outputPixels * ENCODE_SECONDS;
  if (request.estimatedFps === undefined || request.follows || encodeShare < LEAST_ENCODE_SHARE)
    return equal(frames, size);
  const edge = Math.ceil(Math.max(LEAST_FRAMES, request.estimatedFps * EDGE_SECONDS));
  return edged(frames, size, edge);
}

/** Equal segments, between ones that double from `edge` at the beginning and halve down to it at the end. */
function edged(frames: number, size: number, edge: number): number[] {
  const ramp: number[] = [];
  let left = frames;
  for (let next = edge; next < size && left >= 4 * next; next *= 2) {
    ramp.push(next);
    left -= 2 * next;
  }
  const middle = equal(left, size);
  // Where there would be too many of them.
  if (middle.length + 2 * ramp.length > MAX_SEGMENTS) return equal(frames, size);
  return [...ramp, ...middle, ...ramp.toReversed()];
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
