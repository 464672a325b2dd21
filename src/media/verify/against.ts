import type { PictureSpec } from '../../job/pictureSpec.js';
import type { SourceInfo } from '../../job/source.js';
import { UserError } from '../../lib/errors.js';
import { toNumber } from '../../lib/rational.js';
import { type Inventory, inventory } from '../merge/inventory.js';
import { bitDepth, deliverableColor } from '../picture/color.js';
import type { FileContents } from '../source/fileContents.js';
import { compareHdr } from '../source/hdr.js';
import { probeSource } from '../source/probe.js';
import { repairFor } from '../source/repair.js';
import { verifyPair } from './pair.js';
import { fileSide, matrixOf, samplesOf } from './sides.js';
import { aspectOf, sampledFrames } from './stills.js';
import { usedSource } from './usedSource.js';
import { pageOf, reportOf, type Verified } from './verified.js';

export interface AgainstOptions {
  /** Makes the page too, under this title. */
  pageTitle?: string | undefined;
  /** Of the source, what the file should show. Default: all of it. */
  part?: Pick<PictureSpec, 'program' | 'range' | 'crop'> | undefined;
  signal?: AbortSignal | undefined;
  onFrame?: ((frames: number) => void) | undefined;
}

/**
 * Compares any two videos that should show the same, of any sizes: the second one is the truth. Both are decoded once
 * from the start.
 * @throws UserError when one of them is no video that can be decoded.
 */
export async function verifyAgainst(
  file: string,
  sourceFile: string,
  options: AgainstOptions = {},
): Promise<Verified> {
  const { signal } = options;
  const info = await probeSource(file, { signal });
  const {
    info: source,
    filters,
    cut,
    contents,
  } = await usedSource(
    sourceFile,
    await probeSource(sourceFile, { program: options.part?.program, signal }),
    options.part ?? {},
    signal,
  );
  const streams = await inventory(file, signal);
  if (typeof streams === 'string') throw new UserError(`${file} cannot be opened: ${streams}`);
  const video = streams.video.find(({ index }) => index === info.video.index);
  const common = matrixOf(source);
  const repair = repairFor(source);
  const tick = Math.max(toNumber(info.video.timebase), toNumber(source.video.timebase));
  const pair = await verifyPair({
    file,
    video: {
      ...info.video,
      durationSeconds: video?.durationSeconds,
      samples: samplesOf(info, common),
      aspect: aspectOf(info.video),
    },
    source: {
      ...fileSide(
        sourceFile,
        source.video.index,
        samplesOf(source, common),
        aspectOf(source.video),
        (pts) => {
          repair.push(pts);
        },
        filters,
      ),
      file: sourceFile,
      ...source.video,
    },
    // One tick of the coarser clock, which may be as long as a frame.
    expected: () => ({
      pts: repair.pts,
      timebase: source.video.timebase,
      tolerance: Math.min(tick, 0.25 / toNumber(source.video.frameRate)) + 1e-6,
    }),
    sourceFirst: () => (repair.pts[0] ?? 0) * toNumber(source.video.timebase),
    cut,
    tracks: soundPairs(streams.contents, contents),
    stills:
      options.pageTitle === undefined
        ? undefined
        : sampledFrames(
            Math.max(
              1,
              source.video.promisedFrames ??
                Math.floor((source.durationSeconds ?? 0) * toNumber(source.video.frameRate)),
            ),
          ),
    signal,
    onFrame: options.onFrame,
  });
  const problems = [
    ...checkShape(info, source),
    ...(video ? [...checkTags(video, source), ...checkHdr(video, source)] : []),
    ...checkTracks(streams.contents, contents),
  ];
  const header = { problems, expected: "the source's shape, colours, tracks and chapters" };
  const report = await reportOf({
    file,
    header,
    pair,
    expectedFrames: repair.pts.length,
    durationSeconds: streams.durationSeconds,
    signal,
  });
  return { report, page: options.pageTitle === undefined ? undefined : pageOf(options.pageTitle, report, pair) };
}

const of = (contents: FileContents, kind: 'audio' | 'subtitle'): FileContents['streams'] =>
  contents.streams.filter((stream) => stream.kind === kind);

function soundPairs(file: FileContents, source: FileContents): { stream: number; source: number; copied: boolean }[] {
  const wanted = of(source, 'audio');
  return of(file, 'audio').flatMap(({ index, codec }, i) =>
    wanted[i] ? [{ stream: index, source: wanted[i].index, copied: codec === wanted[i].codec }] : [],
  );
}

function checkShape(file: SourceInfo, source: SourceInfo): string[] {
  const [is, wanted] = [aspectOf(file.video), aspectOf(source.video)];
  // An odd edge may have been repeated once.
  const slack =
    2 / Math.min(file.video.width, file.video.height) + 1 / Math.min(source.video.width, source.video.height) / 100;
  return Math.abs(is / wanted - 1) <= slack
    ? []
    : [`the picture is ${is.toFixed(3)} times as wide as high instead of ${wanted.toFixed(3)}`];
}

/** Where the source has no tag, the file may have any. */
function checkTags({ colors }: Inventory['video'][number], source: SourceInfo): string[] {
  const { tags, range } = deliverableColor(source);
  const wanted = { ...tags, ...(range === 'full' && tags.matrix !== undefined && { range: 'pc' }) };
  return Object.entries(wanted).flatMap(([name, value]) => {
    const is = colors[name as keyof typeof colors];
    return is === value ? [] : [`its colours are tagged ${name} ${is} instead of ${value}`];
  });
}

/** HDR in 8 bits shows bands, and without its metadata another brightness. */
function checkHdr({ pixelFormat, hdr }: Inventory['video'][number], { video }: SourceInfo): string[] {
  if (!video.hdr) return [];
  return [
    ...(bitDepth(pixelFormat) < 10
      ? [`its HDR pictures have ${bitDepth(pixelFormat)} bits a sample instead of 10`]
      : []),
    ...compareHdr(hdr ?? {}, video.hdr),
  ];
}

function checkTracks(file: FileContents, source: FileContents): string[] {
  const problems: string[] = [];
  for (const kind of ['audio', 'subtitle'] as const) {
    const [is, wanted] = [of(file, kind), of(source, kind)];
    if (is.length !== wanted.length) problems.push(`it has ${is.length} ${kind} tracks instead of ${wanted.length}`);
    else
      for (const [i, track] of wanted.entries()) {
        if (is[i]?.language !== track.language)
          problems.push(
            `${kind} track ${i + 1} is ${is[i]?.language ?? 'of no language'} ` +
              `instead of ${track.language ?? 'of none'}`,
          );
      }
  }
  if (file.chapters.length !== source.chapters.length)
    problems.push(`it has ${file.chapters.length} chapters instead of ${source.chapters.length}`);
  return problems;
}
