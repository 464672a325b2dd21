import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { SourceInfo } from '../../job/source.js';
import { argv } from '../../lib/argv.js';
import { UserError } from '../../lib/errors.js';
import { shown } from '../../lib/printable.js';
import { toNumber } from '../../lib/rational.js';
import { hasFilter } from '../ffmpeg/abilities.js';
import { runFfmpeg } from '../ffmpeg/runFfmpeg.js';
import { sourceInput } from '../ffmpeg/tools.js';
import { probeSource } from '../source/probe.js';
import { comparisonFormat } from './comparisonFormat.js';
import { ScoreReader } from './scoreReader.js';
import type { Series } from './scores.js';

export interface Comparison {
  a: SourceInfo;
  b: SourceInfo;
  /** Frames that each has. */
  frames: { a: number; b: number };
  /** Seconds from A's first frame to each that was compared. */
  times: number[];
  /** PSNR of each plane and of all, SSIM, and VMAF where this ffmpeg has it. */
  series: Series[];
  /** For people: what was changed before the comparison, what is missing. */
  notes: string[];
}

export interface CompareOptions {
  signal?: AbortSignal | undefined;
  /** Frames compared so far, about twice a second. */
  onFrame?: (frames: number) => void;
}

/**
 * Measures B against A, n-th frame with n-th frame, whatever their timestamps. Memory grows by some numbers a frame.
 * @throws UserError of one line for a file that is no video, and when there is no frame to compare.
 */
export async function compareVideos(fileA: string, fileB: string, options: CompareOptions = {}): Promise<Comparison> {
  const [a, b] = [await probeSource(fileA, options), await probeSource(fileB, options)];
  const alike = comparisonFormat(a.video, b.video);
  const without = await whyNoVmaf(alike.pixelFormat);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'reelscale-compare-'));
  try {
    const log = without === undefined ? path.join(folder, 'vmaf.csv') : undefined;
    const reader = new ScoreReader();
    const { errors, stderrLines } = await runFfmpeg(
      compareArgs({ file: fileA, info: a, filters: alike.a }, { file: fileB, info: b, filters: alike.b }, log),
      {
        signal: options.signal,
        onStdoutLine: (line) => {
          reader.add(line);
        },
        onProgress: ({ frame }) => options.onFrame?.(frame),
      },
    );
    const { timesA, framesB, series } = reader.end();
    const compared = series[0]?.values.length ?? 0;
    if (compared === 0)
      throw new UserError(`${shown(fileA)} and ${shown(fileB)} have no frames that could be compared`);
    const tick = toNumber(a.video.timebase);
    return {
      a,
      b,
      frames: { a: timesA.length, b: framesB },
      times: timesA.slice(0, compared).map((pts) => (pts - (timesA[0] as number)) * tick),
      series:
        log === undefined
          ? series
          : [...series, { measure: 'vmaf', values: (await readVmaf(log)).slice(0, compared) }],
      notes: [
        ...alike.notes,
        ...(timesA.length === framesB
          ? []
          : [`A has ${timesA.length} frames and B has ${framesB}: the first ${compared} are compared`]),
        ...(without === undefined ? [] : [`VMAF is not available: ${without}`]),
        ...(errors === 0 ? [] : [`decoding gave ${errors} error${errors === 1 ? '' : 's'}: ${stderrLines[0] ?? ''}`]),
      ],
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function whyNoVmaf(pixelFormat: string): Promise<string | undefined> {
  if (!(await hasFilter('libvmaf'))) return 'this ffmpeg has no libvmaf';
  return /^yuv4(20|22|44)p/.test(pixelFormat) ? undefined : `it does not measure ${pixelFormat}`;
}

interface Side {
  file: string;
  info: SourceInfo;
  filters: string[];
}

/** B is what is measured and A is its reference; every line about frames goes to stdout. */
export function compareArgs(a: Side, b: Side, vmafLog: string | undefined): string[] {
  const references = vmafLog === undefined ? 2 : 3;
  const vmaf =
    vmafLog === undefined
      ? ''
      : '[measured];[measured][a3]libvmaf=eof_action=pass:log_fmt=csv:' +
        `n_threads=${os.availableParallelism()}:log_path=${filterValue(vmafLog)}`;
  const graph = [
    // Frames that only A has are counted on a way of their own.
    `[0:${a.info.video.index}]${numbered('a')},split[counted][a]`,
    `[a]${[...a.filters, `split=${references}`].join(',')}[a1][a2]${vmafLog === undefined ? '' : '[a3]'}`,
    `[1:${b.info.video.index}]${[numbered('b'), ...b.filters].join(',')}[b]`,
    '[b][a1]psnr=eof_action=pass[rated]',
    `[rated][a2]ssim=eof_action=pass${vmaf},metadata=mode=print:${STDOUT}[scores]`,
  ];
  return [
    ...argv`
      -max_error_rate 1 -copyts ${sourceInput(a.file)} -max_error_rate 1 ${sourceInput(b.file)}
      -filter_complex ${graph.join(';')}
    `,
    ...['[scores]', '[counted]'].flatMap(
      (output) => argv`-map ${output} -fps_mode passthrough -enc_time_base 1:25 -f null -`,
    ),
  ];
}

const STDOUT = `file='pipe\\:1':direct=1`;

/** Prints a line for each frame with its own timestamp, and then gives it its number for one. */
const numbered = (side: 'a' | 'b'): string =>
  [
    `metadata=mode=add:key=reelscale.${side}:value=1`,
    `metadata=mode=print:key=reelscale.${side}:${STDOUT}`,
    `metadata=mode=delete:key=reelscale.${side}`,
    'settb=1/25',
    'setpts=N',
  ].join(',');

/** A value inside of a filter graph: escaped for the filter's options, and again for the graph. */
export const filterValue = (text: string): string =>
  text.replace(/[\\':]/g, String.raw`\$&`).replace(/[\\'[\],;]/g, String.raw`\$&`);

/** The last column of libvmaf's table. */
async function readVmaf(log: string): Promise<number[]> {
  const values: number[] = [];
  let column: number | undefined;
  for await (const line of createInterface({ input: createReadStream(log), crlfDelay: Infinity })) {
    const cells = line.split(',');
    if (column === undefined) column = cells.indexOf('vmaf');
    else if (cells.length > column) values.push(Number(cells[column]));
  }
  return values;
}
