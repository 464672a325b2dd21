import { ContentFailure } from '../../lib/errors.js';
import { type FfmpegRun, startFfmpeg } from '../ffmpeg/runFfmpeg.js';
import { pieces } from '../ffmpeg/splitStream.js';
import type { ToolResult } from '../ffmpeg/toolRun.js';
import { Comparison } from './comparison.js';
import { type Side, sideArgs } from './sides.js';
import type { StillsRequest } from './stills.js';
import type { FrameTable } from './table.js';
import { THUMBNAIL_BYTES } from './thumbnails.js';

export interface PicturesRequest {
  output: Side;
  source: Side;
  /** Stills of both, taken on the way. */
  stills?: { output: StillsRequest; source: StillsRequest } | undefined;
  signal?: AbortSignal | undefined;
  onFrame?: ((frames: number) => void) | undefined;
  /** Of a part of a video: how many frames of the source come before its first and behind its last one. */
  around?: { before: number; behind: number } | undefined;
  /** Every picture of the source, those around included. */
  onSource?: ((thumbnail: Uint8Array) => void) | undefined;
}

export interface PicturesResult {
  table: FrameTable;
  /** What decoding the output gave beside pictures: nothing when all is well. */
  decoding: string[];
  /** What the decoder complained about while it read the source, the last lines. */
  sourceErrors: string[];
  /** Of a part: how many frames later its pictures are shown in the source, where it was cut at the wrong place. */
  later?: number | undefined;
}

/**
 * Decodes a video and its source side by side, once, and compares every picture with the source's at thumbnail size.
 * @throws what the source's `onPts` throws, WorldError when decoding the source fails.
 */
export async function comparePictures(request: PicturesRequest): Promise<PicturesResult> {
  const stop = new AbortController();
  const signal = request.signal ? AbortSignal.any([request.signal, stop.signal]) : stop.signal;
  const start = (side: Side, stills: StillsRequest | undefined): FfmpegRun =>
    startFfmpeg(sideArgs(side, stills), { signal, stdout: 'pipe', onPts: side.onPts });
  const output = start(request.output, request.stills?.output);
  const source = start(request.source, request.stills?.source);
  const outputEnd = settled(output.done);
  const sourceEnd = settled(source.done);
  const comparison = new Comparison(request.around !== undefined);
  try {
    await compareAll(thumbnails(output), thumbnails(source), comparison, request);
    const decoding = decodingProblems(await outputEnd);
    const { error, result } = await sourceEnd;
    if (error) throw error;
    return {
      table: comparison.table,
      decoding,
      sourceErrors: result?.stderrLines ?? [],
      later: comparison.misplaced.later,
    };
  } catch (error) {
    request.signal?.throwIfAborted();
    throw error;
  } finally {
    stop.abort();
    // A process counts as ended only when its pipes are: what nobody reads any more must not hold it.
    for (const { stdout } of [output, source]) stdout?.destroy();
    await Promise.all([outputEnd, sourceEnd]);
  }
}

type Thumbnails = AsyncGenerator<Buffer, void, void>;

async function compareAll(
  outputs: Thumbnails,
  sources: Thumbnails,
  comparison: Comparison,
  { around = { before: 0, behind: 0 }, onFrame, onSource }: PicturesRequest,
): Promise<void> {
  const nextSource = async (): Promise<Uint8Array | undefined> => {
    const { value } = await sources.next();
    if (value) onSource?.(value);
    return value ?? undefined;
  };
  // Both at once: of a process that ends before anybody reads its pipe, the rest of the pipe is dropped.
  let nextOutput = outputs.next();
  // It may fail while the source is waited for, which is told where it is awaited.
  nextOutput.catch(() => undefined);
  for (let i = 0; i < around.before; i++) {
    const source = await nextSource();
    if (source) comparison.addNeighbour(source);
  }
  for (let frame = 0; ; frame++) {
    const [output, source] = await Promise.all([nextOutput, nextSource()]);
    if (output.done) {
      // How many frames there should be is known only once all of the source's were seen.
      let behind = 0;
      for (let next = source; next; next = await nextSource())
        if (behind++ < around.behind) comparison.addNeighbour(next);
      comparison.finish();
      return;
    }
    if (source) comparison.add(output.value, source);
    onFrame?.(frame + 1);
    nextOutput = outputs.next();
  }
}

function thumbnails({ stdout }: FfmpegRun): Thumbnails {
  if (!stdout) throw new Error('ffmpeg was started without a pipe to read pictures from');
  return pieces(stdout, THUMBNAIL_BYTES);
}

interface Ending {
  result?: ToolResult;
  error?: Error;
}

const settled = (done: Promise<ToolResult>): Promise<Ending> =>
  done.then(
    (result) => ({ result }),
    (error: unknown) => ({ error: error instanceof Error ? error : new Error(String(error)) }),
  );

function decodingProblems({ result, error }: Ending): string[] {
  if (error instanceof ContentFailure) return [`it cannot be decoded: ${error.message}`];
  if (error) throw error;
  if (!result || result.errors === 0) return [];
  return [
    `decoding the video gave ${result.errors} error${result.errors === 1 ? '' : 's'}: ${result.stderrLines[0] ?? ''}`,
  ];
}
