import type { Writable } from 'node:stream';
import { argv } from '../../lib/argv.js';
import { runFfmpeg, startFfmpeg } from '../ffmpeg/runFfmpeg.js';
import { DELIVERED_PIXELS } from '../picture/color.js';
import { padToEven } from '../picture/deliverable.js';
import { checkCount, encoderArgs, type MezzanineEncode, type MezzaninePart, ZEROED_MEMORY } from './encode.js';

export interface FollowingEncode extends Omit<MezzanineEncode, 'parts'> {
  /** In order, each beginning where the one before ends; what it throws ends the encode. */
  parts: (signal: AbortSignal) => AsyncIterable<MezzaninePart>;
}

/**
 * Encodes frames of the mezzanine while it is being made: the same bytes as of parts that are all there. Decoders, one
 * for each part, write to the encoder's own pipe one after the other, so that no frame passes through this process.
 */
export async function encodeFollowing(request: FollowingEncode): Promise<void> {
  const { parts, start, end, info, width, height, bitDepth = 8, signal, onFrame } = request;
  const ending = new AbortController();
  const either = signal ? AbortSignal.any([signal, ending.signal]) : ending.signal;
  let encoded = 0;
  const { num, den } = info.video.frameRate;
  const input = argv`
    -f rawvideo -pixel_format ${DELIVERED_PIXELS[bitDepth]} -video_size ${width}x${height} -framerate ${num}/${den}
    -i pipe:0 -map 0:v:0 -fps_mode passthrough
  `;
  const { stdin, done } = startFfmpeg([...input, ...encoderArgs(info, padToEven(width, height), request)], {
    stdin: 'pipe',
    signal: either,
    ...ZEROED_MEMORY,
    onProgress: ({ frame }) => {
      encoded = frame;
      onFrame?.(frame);
    },
  });
  // An encoder that dies ends whoever waits for parts.
  done.catch((error: unknown) => {
    ending.abort(error);
  });
  const pipe = stdin as Writable;
  pipe.on('error', () => undefined);
  try {
    for await (const part of parts(either)) {
      either.throwIfAborted();
      await decodeInto(pipe, part, { start, end }, either);
    }
    pipe.end();
    await done;
  } catch (error) {
    // The first failure is the cause of all others.
    ending.abort(error);
    await Promise.allSettled([done]);
    throw either.reason;
  }
  checkCount(encoded, request);
}

/** Writes those frames of a part that lie within a range. */
async function decodeInto(
  pipe: Writable,
  part: MezzaninePart,
  { start, end }: { start: number; end: number },
  signal: AbortSignal,
): Promise<void> {
  const [from, to] = [Math.max(start, part.start) - part.start, Math.min(end, part.end) - part.start];
  await runFfmpeg(
    argv`
      -xerror -protocol_whitelist file -format_whitelist nut -i file:${part.file} -map 0:v:0 -fps_mode passthrough
      -vf ${`trim=start_frame=${from}:end_frame=${to}`} -f rawvideo pipe:1
    `,
    { signal, stdout: pipe },
  );
}
