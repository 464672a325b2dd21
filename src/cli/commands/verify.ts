import { realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { parseOptions, requireOrder } from '../../client/job/flags.js';
import { checkOutput, publishFile, requireFreeName } from '../../client/job/outputFile.js';
import { pictureFlags, type UsedPart } from '../../client/job/pictureFlags.js';
import { resolvePart } from '../../client/job/resolvePart.js';
import type { PictureSpec } from '../../job/pictureSpec.js';
import { UserError } from '../../lib/errors.js';
import { shown } from '../../lib/printable.js';
import { probeSource } from '../../media/source/probe.js';
import { verifyAgainst } from '../../media/verify/against.js';
import { verifyAlone } from '../../media/verify/alone.js';
import type { Check } from '../../media/verify/report.js';
import { EXIT } from '../exit.js';
import { log, print } from '../say.js';
import { interruptible } from '../stopSignal.js';

const flagsSchema = z.object({
  against: z.string().min(1, 'must name a file').optional(),
  program: pictureFlags.program,
  from: pictureFlags.from,
  to: pictureFlags.to,
  crop: pictureFlags.crop,
  html: z.string().min(1, 'must name a file').optional(),
  overwrite: z.boolean().default(false),
  json: z.boolean().default(false),
});
type Flags = z.infer<typeof flagsSchema>;

const SAY_EVERY_MS = 5000;

/** Decodes a video and says what is wrong with it, by itself or against its source. Returns the exit code. */
export function verify(file: string, options: unknown): Promise<number> {
  const flags = parseOptions(flagsSchema, options);
  requireOrder(flags);
  const part = (['program', 'from', 'to', 'crop'] as const).filter((name) => flags[name] !== undefined);
  if (part.length > 0 && flags.against === undefined)
    throw new UserError(`--${part.join(', --')}: of what? Name the source with --against`);
  return interruptible((signal) => run(file, flags, signal));
}

async function run(file: string, flags: Flags, signal: AbortSignal): Promise<number> {
  const html =
    flags.html === undefined
      ? undefined
      : await pageFile(
          flags.html,
          [file, ...(flags.against === undefined ? [] : [flags.against])],
          flags.overwrite,
          signal,
        );
  let saidAt = performance.now();
  const onFrame = (frames: number): void => {
    if (performance.now() - saidAt < SAY_EVERY_MS) return;
    saidAt = performance.now();
    log(`${frames} frames decoded`);
  };
  const title =
    flags.against === undefined
      ? path.basename(file)
      : `${path.basename(file)} against ${path.basename(flags.against)}`;
  const asked = { signal, onFrame, pageTitle: html === undefined ? undefined : shown(title) };
  const { report, page } =
    flags.against === undefined
      ? await verifyAlone(file, asked)
      : await verifyAgainst(file, flags.against, { ...asked, part: await usedPart(flags.against, flags, signal) });
  if (html !== undefined && page !== undefined)
    await publishFile(html, flags.overwrite, (temporary) => writeFile(temporary, page));
  print(flags.json ? JSON.stringify(report) : lines(report).join('\n'));
  return report.ok ? EXIT.done : EXIT.failed;
}

/** What of the source the file should show. */
async function usedPart(
  source: string,
  flags: Flags,
  signal: AbortSignal,
): Promise<UsedPart & Pick<PictureSpec, 'program'>> {
  const { note, ...part } = await resolvePart(
    source,
    await probeSource(source, { program: flags.program, signal }),
    flags,
  );
  if (note !== undefined) log(note);
  return { ...part, ...(flags.program !== undefined && { program: flags.program }) };
}

/** The page's real path. @throws UserError when it cannot be made there; said before a long check. */
async function pageFile(html: string, inputs: string[], overwrite: boolean, signal: AbortSignal): Promise<string> {
  for (const input of inputs) await probeSource(input, { signal });
  const file = await checkOutput(html, await Promise.all(inputs.map((input) => realpath(input))), ['.html']);
  await requireFreeName(file, overwrite);
  return file;
}

function lines({
  ok,
  problems,
  warnings,
  checks,
}: {
  ok: boolean;
  problems: readonly string[];
  warnings: readonly string[];
  checks: readonly Check[];
}): string[] {
  const width = Math.max(...checks.map(({ name }) => name.length));
  return [
    ...checks.map(
      (check) =>
        `${check.ok ? 'ok   ' : 'WRONG'}  ${check.name.padEnd(width)}  ${check.measured}` +
        `${check.ok ? '' : ` (expected: ${check.expected})`}`,
    ),
    ...warnings.map((warning) => `note   ${warning}`),
    ok ? 'nothing is wrong' : `${problems.length} problem${problems.length === 1 ? '' : 's'}: ${problems.join('; ')}`,
  ];
}
