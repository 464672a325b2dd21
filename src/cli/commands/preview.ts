import { mkdtemp, realpath, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { loadConfig } from '../../../temporal.config.js';
import { parseOptions } from '../../client/job/flags.js';
import { whole } from '../../client/job/numbers.js';
import { checkOutput, publishFile, requireFreeName } from '../../client/job/outputFile.js';
import { cropFlag, programFlag } from '../../client/job/pictureFlags.js';
import { resolveCrop } from '../../client/job/resolvePart.js';
import { formatTime, parseTime, TIME } from '../../client/job/timeText.js';
import { previewMethods } from '../../client/preview/previewMethods.js';
import { type PictureMaker, pictureMaker, WINDOW_STEP } from '../../client/preview/previewPictures.js';
import type { SourceInfo } from '../../job/source.js';
import type { Method } from '../../job/spec.js';
import { UserError } from '../../lib/errors.js';
import { fitName } from '../../lib/fitName.js';
import { shown } from '../../lib/printable.js';
import { croppedExcerpt, type Excerpt, openExcerpt } from '../../media/intermediate/excerpt.js';
import { hdrTransfer } from '../../media/picture/color.js';
import { formatWindow } from '../../media/picture/crop.js';
import { centredWindow, type Window } from '../../media/picture/cropWindow.js';
import { writePng } from '../../media/picture/raster.js';
import { sourceTile } from '../../media/preview/previewTiles.js';
import { drawSheet, type PlacedTile, type PreviewTile } from '../../media/preview/sheet.js';
import { deviceMemory } from '../../upscaler/deviceMemory.js';
import { discoverDevices } from '../../upscaler/devices.js';
import { EXIT } from '../exit.js';
import { roughly } from '../render.js';
import { log, print } from '../say.js';
import { interruptible } from '../stopSignal.js';

/** What is shown of a frame, in source pixels: more would take a large network minutes on a CPU. */
const MOST = { width: 160, height: 120 };
/** Shares of the video's frames at which it is looked at by default. */
const LOOKS = [0.1, 0.5, 0.9];

const flagsSchema = z.object({
  at: z
    .array(
      z
        .string()
        .transform((text) => parseTime(text) ?? NaN)
        .refine((time) => !Number.isNaN(time), TIME),
    )
    .max(12, 'may be given 12 times at most')
    .optional(),
  model: z.array(z.string().min(1, 'must name a model or a file')).max(6, 'may be given 6 times at most').optional(),
  scale: whole(1, 8).optional(),
  program: programFlag,
  crop: cropFlag,
  output: z.string().min(1, 'must name a file').optional(),
  overwrite: z.boolean().optional(),
  json: z.boolean().optional(),
});
type Flags = z.infer<typeof flagsSchema>;

/** The same frames by each method, side by side in one PNG. Needs no server and no worker. Returns the exit code. */
export function preview(input: string, options: unknown): Promise<number> {
  const flags = parseOptions(flagsSchema, options);
  return interruptible((signal) => makePreview(input, flags, signal));
}

async function makePreview(input: string, flags: Flags, signal: AbortSignal): Promise<number> {
  const { roots } = loadConfig();
  const whole = await openExcerpt(input, { program: flags.program, signal });
  const { crop, note: cropNote } = await resolveCrop(input, whole.info, flags.crop, signal);
  if (cropNote !== undefined) log(cropNote);
  const film = croppedExcerpt(whole, crop);
  const overwrite = flags.overwrite ?? false;
  const output = await checkOutput(flags.output ?? defaultOutput(input), await realpath(input), ['.png']);
  await requireFreeName(output, overwrite);
  const frames = chooseFrames(film, flags, input);
  const { video } = film.info;
  const device = (await discoverDevices())[0]?.device ?? 'cpu';
  const { methods, note } = await previewMethods(flags, {
    roots,
    gpu: device !== 'cpu',
    memory: await deviceMemory(device),
    width: video.width,
    height: video.height,
    hdr: hdrTransfer(video.color.tags),
  });
  if (note !== undefined) log(note);

  const folder = await mkdtemp(path.join(os.tmpdir(), 'reelscale-preview-'));
  const maker = pictureMaker({ roots, device, folder, onNotice: log, signal });
  try {
    const window = centredWindow(video, MOST, WINDOW_STEP);
    const rows = await makeRows({ film, frames, methods, window, folder, maker, signal });
    if (rows.length === 0)
      throw new UserError(`${shown(input)}: none of these frames can be decoded, it is damaged there`);
    const { sheet, placed } = drawSheet(rows.map((row) => row.cells));
    await publishFile(output, overwrite, (file) => writePng(sheet, file, signal));
    const made = {
      output,
      width: sheet.width,
      height: sheet.height,
      ...(crop && { crop: formatWindow(crop) }),
      window,
      frames: rows.map((row, r) => describe(row, placed[r] ?? [])),
    };
    print(flags.json ? JSON.stringify(made) : output);
    return EXIT.done;
  } finally {
    await maker.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function defaultOutput(input: string): string {
  const { dir, name } = path.parse(input);
  return path.join(dir, fitName(name, '.preview.png'));
}

/**
 * Numbers of the frames to show, each once, in the order of the times. @throws UserError for a time at which there is
 * no frame.
 */
function chooseFrames(film: Excerpt, { at }: Flags, input: string): number[] {
  for (const time of at ?? []) {
    if (time >= film.seconds)
      throw new UserError(`--at ${formatTime(time)}: ${shown(input)} lasts ${formatTime(film.seconds)}`);
  }
  return [...new Set(at?.map((time) => film.frameAt(time)) ?? LOOKS.map((share) => Math.floor(film.frames * share)))];
}

interface Row {
  frame: number;
  seconds: number;
  cells: PreviewTile[];
  /** What made each cell but the first, which is the source's. */
  made: { method: string; scale: number; secondsPerFrame: number }[];
}

interface Work {
  film: Excerpt;
  frames: number[];
  methods: Method[];
  window: Window;
  folder: string;
  maker: PictureMaker;
  signal: AbortSignal;
}

/** Method by method, so that each model is loaded once. Frames that cannot be decoded are left out. */
async function makeRows({ film, frames, methods, window, folder, maker, signal }: Work): Promise<Row[]> {
  const zoom = Math.max(...methods.map(({ scale }) => scale));
  const rows = [];
  for (const frame of frames) {
    const seconds = film.timeOf(frame);
    const source = await film.take(frame, folder, signal);
    if (!source) {
      log(`${formatTime(seconds)}  frame ${frame} cannot be decoded and is left out`);
      continue;
    }
    const cell: PreviewTile = {
      picture: await sourceTile(source, window, signal),
      zoom,
      title: sourceTitle(film.info),
      detail: `${formatTime(seconds)}  frame ${frame}`,
    };
    rows.push({ frame, seconds, source, cells: [cell], made: [] as Row['made'] });
  }
  for (const method of methods) {
    for (const { seconds, source, cells, made } of rows) {
      const { picture, secondsPerFrame } = await maker.make(method, source, window);
      const title = `${method.name} x${method.scale}`;
      const detail = `${formatTime(seconds)}  ${formatSpeed(method, secondsPerFrame)}`;
      log(`${detail}  ${title}`);
      cells.push({ picture, zoom: 1, title, detail });
      made.push({ method: method.name, scale: method.scale, secondsPerFrame });
    }
  }
  return rows;
}

function sourceTitle({ video }: SourceInfo): string {
  const {
    width,
    height,
    sampleAspectRatio: { num, den },
  } = video;
  return `source ${width}x${height}${num === den ? '' : `, pixels ${num}:${den} wide`}`;
}

function formatSpeed({ kind }: Method, seconds: number): string {
  return `${kind === 'model' ? 'about ' : ''}${roughly(seconds)} s a frame`;
}

/** A row for programs: what its cells show, and where on the sheet they are. */
const describe = ({ frame, seconds, made }: Row, placed: PlacedTile[]) => ({
  frame,
  seconds,
  source: placed[0],
  methods: made.map((entry, m) => ({ ...entry, ...placed[m + 1] })),
});
