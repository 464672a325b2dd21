import { WorldError } from '../job/errors.js';
import { deliverableColor } from './color.js';
import { SWS_MATRIX } from './deliverable.js';
import { checkPts, frameArgs, printPts, type FrameSource } from './frames.js';
import { startFfmpeg, type FfmpegResult, type FfmpegRun } from './run.js';
import { distance, meanOf, pieces, Runs, THUMBNAIL_BYTES, thumbnailArgs } from './thumbnails.js';
import { sourceInput } from './tools.js';

/** Means of grey, 0 to 255: a picture below the first is black; one of the source above the second is not. */
const BLACK = 4;
const NOT_BLACK = 12;
/** Thumbnails of an upscaled picture and its source differ by 1 or 2; other pictures differ by this or more. */
const GARBLED = 20;

export interface PicturesRequest {
  file: string;
  /** Range of the file's pictures. */
  range: 'limited' | 'full';
  source: FrameSource;
  signal?: AbortSignal | undefined;
  /** Time of each frame of the file, in its ticks. */
  onPts: (pts: number) => void;
  onFrame?: (frames: number) => void;
}

export interface PicturesResult {
  problems: string[];
  /** Difference between thumbnails of output and source, in code values. */
  difference: { mean: number; largest: number };
  /** What the decoder complained about while it read the source, the last lines. */
  sourceErrors: string[];
}

/**
 * Decodes the file and its source side by side and compares every picture with the source's at thumbnail size.
 * @throws SegmentMismatch when the source does not decode to its frames, WorldError when decoding it fails.
 */
export async function comparePictures(request: PicturesRequest): Promise<PicturesResult> {
  const stop = new AbortController();
  const signal = request.signal ? AbortSignal.any([request.signal, stop.signal]) : stop.signal;
  const output = startFfmpeg(outputArgs(request), { signal, stdout: 'pipe', onPts: request.onPts });
  const source = startSource(request.source, signal);
  const outputEnd = settled(output.done);
  const sourceEnd = settled(source.done);
  const comparison = new Comparison();
  try {
    const rest = await compareAll(thumbnails(output), thumbnails(source), comparison, request.onFrame);
    const decoding = decodingProblems(await outputEnd);
    // Of a source that goes on behind the end of the file nothing more is needed.
    const { error, result }: Ending = rest ? {} : await sourceEnd;
    if (error) throw error;
    return { problems: [...decoding, ...comparison.problems()], difference: comparison.difference(), sourceErrors: result?.stderrLines ?? [] };
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

/** @returns whether the source has frames behind the end of the output. */
async function compareAll(outputs: Thumbnails, sources: Thumbnails, comparison: Comparison, onFrame?: (frames: number) => void): Promise<boolean> {
  for (let frame = 0; ; frame++) {
    const [output, source] = await Promise.all([outputs.next(), sources.next()]);
    if (output.done) return !source.done;
    if (!source.done) comparison.add(frame, output.value, source.value);
    onFrame?.(frame + 1);
  }
}

const matrixOf = ({ info }: FrameSource): string => SWS_MATRIX[deliverableColor(info).matrix];

const outputArgs = ({ file, range, source }: PicturesRequest): string[] => [
  '-max_error_rate', '1', ...sourceInput(file), '-map', '0:v:0', '-fps_mode', 'passthrough', ...thumbnailArgs(printPts(), range, matrixOf(source)),
];

function startSource(source: FrameSource, signal: AbortSignal): FfmpegRun {
  const { input, filters } = frameArgs(source, 0, source.pts.length);
  let frame = 0;
  return startFfmpeg([...input, ...thumbnailArgs(filters, source.info.video.color.range, matrixOf(source))], {
    signal,
    stdout: 'pipe',
    onPts: (pts) => { checkPts(source, frame++, [pts]); },
  });
}

function thumbnails({ stdout }: FfmpegRun): Thumbnails {
  if (!stdout) throw new Error('ffmpeg was started without a pipe to read pictures from');
  return pieces(stdout, THUMBNAIL_BYTES);
}

interface Ending {
  result?: FfmpegResult;
  error?: Error;
}

const settled = (done: Promise<FfmpegResult>): Promise<Ending> => done.then((result) => ({ result }), (error: unknown) => ({ error: error instanceof Error ? error : new Error(String(error)) }));

function decodingProblems({ result, error }: Ending): string[] {
  if (error instanceof WorldError) return [`it cannot be decoded: ${error.message}`];
  if (error) throw error;
  if (!result || result.errors === 0) return [];
  return [`decoding the video gave ${result.errors} error${result.errors === 1 ? '' : 's'}: ${result.stderrLines[0] ?? ''}`];
}

class Comparison {
  private readonly black = new Runs();
  private readonly garbled = new Runs();
  private frames = 0;
  private sum = 0;
  private largest = 0;

  add(frame: number, output: Uint8Array, source: Uint8Array): void {
    const apart = distance(output, source);
    this.frames++;
    this.sum += apart;
    this.largest = Math.max(this.largest, apart);
    if (meanOf(output) < BLACK && meanOf(source) > NOT_BLACK) this.black.add(frame);
    else if (apart > GARBLED) this.garbled.add(frame);
  }

  problems(): string[] {
    const found: string[] = [];
    if (this.black.frames > 0) found.push(`the picture is black where the source is not: ${this.black.toString()}`);
    if (this.garbled.frames > 0) found.push(`the picture is not the source's: ${this.garbled.toString()}`);
    return found;
  }

  difference(): PicturesResult['difference'] {
    return { mean: this.frames === 0 ? 0 : this.sum / this.frames, largest: this.largest };
  }
}
