import { realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { parseOptions } from '../../client/job/flags.js';
import { checkOutput, publishFile, requireFreeName } from '../../client/job/outputFile.js';
import { UserError } from '../../lib/errors.js';
import { type Comparison, compareVideos } from '../../media/compare/compare.js';
import { panelsOf, plotSvg, rasterise } from '../../media/compare/plot.js';
import { hasDecoder } from '../../media/ffmpeg/abilities.js';
import { probeSource } from '../../media/source/probe.js';
import { EXIT } from '../exit.js';
import { log, print } from '../say.js';
import { scoreJson, scoreTable } from '../scoreTable.js';
import { interruptible } from '../stopSignal.js';

const flagsSchema = z.object({
  plot: z.string().min(1, 'must name a file').optional(),
  overwrite: z.boolean().optional(),
  json: z.boolean().optional(),
});
type Flags = z.infer<typeof flagsSchema>;

const SAY_EVERY_MS = 5000;

/** Measures B against A. Returns the exit code. */
export function compare(a: string, b: string, options: unknown): Promise<number> {
  const flags = parseOptions(flagsSchema, options);
  return interruptible((signal) => run(a, b, flags, signal));
}

async function run(a: string, b: string, flags: Flags, signal: AbortSignal): Promise<number> {
  const plot =
    flags.plot === undefined ? undefined : await plotFile(flags.plot, [a, b], flags.overwrite ?? false, signal);
  let saidAt = performance.now();
  const comparison = await compareVideos(a, b, {
    signal,
    onFrame: (frame) => {
      if (performance.now() - saidAt < SAY_EVERY_MS) return;
      saidAt = performance.now();
      log(`${frame} frames compared`);
    },
  });
  for (const note of comparison.notes) log(note);
  if (plot !== undefined) await drawPlot(plot, { a, b }, comparison, flags.overwrite ?? false, signal);
  print(flags.json ? JSON.stringify(scoreJson({ a, b }, comparison)) : scoreTable(comparison));
  return EXIT.done;
}

/** The plot's real path. @throws UserError when it cannot be made there; said before a long comparison. */
async function plotFile(plot: string, inputs: string[], overwrite: boolean, signal: AbortSignal): Promise<string> {
  for (const input of inputs) await probeSource(input, { signal });
  const file = await checkOutput(plot, await Promise.all(inputs.map((input) => realpath(input))), ['.svg', '.png']);
  if (isPng(file) && !(await hasDecoder('librsvg')))
    throw new UserError('this ffmpeg has no librsvg, so it cannot draw a .png: name the plot .svg');
  await requireFreeName(file, overwrite);
  return file;
}

const isPng = (file: string): boolean => path.extname(file).toLowerCase() === '.png';

async function drawPlot(
  file: string,
  names: { a: string; b: string },
  { series }: Comparison,
  overwrite: boolean,
  signal: AbortSignal,
): Promise<void> {
  const svg = plotSvg(`${path.basename(names.b)} against ${path.basename(names.a)}`, panelsOf(series));
  await publishFile(file, overwrite, (temporary) =>
    isPng(file) ? rasterise(svg, temporary, signal) : writeFile(temporary, svg),
  );
}
