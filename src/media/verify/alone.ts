import { stat } from 'node:fs/promises';
import { fileDigest } from '../../job/parts.js';
import type { SourceInfo } from '../../job/source.js';
import { ContentFailure, UserError } from '../../lib/errors.js';
import { toNumber } from '../../lib/rational.js';
import { damageOf } from '../ffmpeg/damage.js';
import { readUntilFailure } from '../ffmpeg/readStdout.js';
import { pieces } from '../ffmpeg/splitStream.js';
import { type Inventory, inventory } from '../merge/inventory.js';
import { probeSource } from '../source/probe.js';
import { scanSource } from '../source/scan.js';
import type { AgainstOptions } from './against.js';
import { type AloneReport, describe, pageOf, type Watched } from './aloneReport.js';
import { cadenceOf } from './cadence.js';
import type { Check } from './report.js';
import { pairStills, withSeconds, withStills } from './shownFrames.js';
import { fileSide, matrixOf, samplesOf, sideArgs } from './sides.js';
import { listen } from './sound.js';
import { aspectOf, sampledFrames } from './stills.js';
import { THUMBNAIL_BYTES } from './thumbnails.js';
import { Watch } from './watch.js';

/**
 * Decodes a whole video and says what is in it and what is wrong with it, without anything to compare it with.
 * @throws UserError when it is no video that can be decoded.
 */
export async function verifyAlone(
  file: string,
  options: AgainstOptions = {},
): Promise<{ report: AloneReport; page: string | undefined }> {
  const { signal } = options;
  const { info } = (await scanSource(file, await probeSource(file, { signal }), { signal })).scan;
  const streams = await inventory(file, signal);
  if (typeof streams === 'string') throw new UserError(`${file} cannot be opened: ${streams}`);
  const promised = info.video.promisedFrames;
  const stills = options.pageTitle === undefined ? [] : sampledFrames(Math.max(1, promised ?? 1));
  const { watched, shown } = await withStills(stills, undefined, async (places) => {
    const watched = await watch(file, info, stills.length > 0 ? places.output : undefined, options);
    const first = watched.pts[0] ?? 0;
    return {
      watched,
      shown: withSeconds(
        await pairStills(places),
        (frame) => ((watched.pts[frame] ?? NaN) - first) * toNumber(info.video.timebase),
      ),
    };
  });
  const cadence = cadenceOf(watched.pts, info.video.timebase, info.video.frameRate);
  const sound = await hear(file, streams, (watched.pts[0] ?? 0) * toNumber(info.video.timebase), signal);
  const checks = [...pictureChecks(watched, promised), ...cadence.checks, ...sound.checks];
  const problems = [
    ...pictureProblems(watched, promised),
    ...cadence.problems,
    ...sound.checks.filter(({ ok }) => !ok).map(({ name, measured }) => `${name}: ${measured}`),
  ];
  const warnings = [...cadence.warnings, ...notes(watched.watch)];
  const report = describe({ info, streams, watched, cadence, audio: sound.audio, problems, warnings, checks });
  const whole = { ...report, file: { bytes: (await stat(file)).size, sha256: await fileDigest(file, signal) } };
  return {
    report: whole,
    page: options.pageTitle === undefined ? undefined : pageOf(options.pageTitle, whole, shown),
  };
}

async function watch(
  file: string,
  info: SourceInfo,
  stills: Parameters<typeof sideArgs>[1],
  { signal, onFrame }: AgainstOptions,
): Promise<Watched> {
  const pts: number[] = [];
  const matrix = matrixOf(info);
  const side = fileSide(file, info.video.index, samplesOf(info, matrix), aspectOf(info.video), (time) => {
    pts.push(time);
  });
  const watching = new Watch(toNumber(info.video.frameRate));
  let frames = 0;
  const { ended } = await readUntilFailure(sideArgs(side, stills), { signal, onPts: side.onPts }, async (stdout) => {
    for await (const picture of pieces(stdout, THUMBNAIL_BYTES)) {
      watching.add(picture);
      onFrame?.(++frames);
    }
  });
  const errors = ended instanceof ContentFailure ? [ended.message] : damageOf(ended.stderrLines);
  return { pts, watch: watching, errors };
}

async function hear(
  file: string,
  { contents }: Inventory,
  first: number,
  signal: AbortSignal | undefined,
): Promise<{ audio: AloneReport['audio']; checks: Check[] }> {
  const audio: AloneReport['audio'] = [];
  const checks: Check[] = [];
  for (const [i, { index, codec, language }] of contents.streams.filter(({ kind }) => kind === 'audio').entries()) {
    const { start, end, errors, lines } = await listen(file, index, [], { signal });
    const since = (time: number | undefined): number | undefined => (time === undefined ? undefined : time - first);
    audio.push({ codec, language, startSeconds: since(start), endSeconds: since(end) });
    const span =
      start === undefined || end === undefined
        ? 'no sound'
        : `from ${(start - first).toFixed(3)} to ${(end - first).toFixed(3)} s after the first frame`;
    const damage = errors > 0 ? `; ${errors} error${errors === 1 ? '' : 's'}: ${lines[0] ?? ''}` : '';
    checks.push({
      name: `audio track ${i + 1}`,
      ok: errors === 0 && start !== undefined,
      measured: `${codec}${language === undefined ? '' : `, ${language}`}, ${span}${damage}`,
      expected: 'sound without errors',
    });
  }
  return { audio, checks };
}

function pictureChecks({ pts, watch, errors }: Watched, promised: number | undefined): Check[] {
  const missing = promised !== undefined && pts.length < promised;
  return [
    { name: 'decoding', ok: errors.length === 0, measured: errors[0] ?? 'without errors', expected: 'without errors' },
    {
      name: 'frames',
      ok: pts.length > 0 && !missing,
      measured: String(pts.length),
      expected: promised === undefined ? 'some' : String(promised),
    },
    {
      name: 'black within a scene',
      ok: watch.flashes.frames === 0,
      measured: watch.flashes.toString() || 'none',
      expected: 'none',
    },
  ];
}

function pictureProblems({ pts, watch, errors }: Watched, promised: number | undefined): string[] {
  return [
    ...(errors[0] === undefined ? [] : [`decoding the video gave errors: ${errors[0]}`]),
    ...(promised !== undefined && pts.length < promised ? [`${pts.length} frames decode of ${promised}`] : []),
    ...(watch.flashes.frames > 0 ? [`black within a scene: ${watch.flashes.toString()}`] : []),
  ];
}

function notes({ black, frozen, repeated }: Watch): string[] {
  return [
    ...(black.frames > 0 ? [`${black.frames} black frames: ${black.toString()}`] : []),
    ...(frozen.frames > 0 ? [`the picture does not change for a second or more: ${frozen.toString()}`] : []),
    ...(repeated.frames > 0 ? [`${repeated.frames} frames repeat the one before`] : []),
  ];
}
