import { z } from 'zod';
import type { Hdr, SourceInfo } from '../../job/source.js';
import { argv } from '../../lib/argv.js';
import { ContentFailure } from '../../lib/errors.js';
import { readHeader } from '../ffmpeg/runFfprobe.js';
import { sourceInput } from '../ffmpeg/tools.js';

/** A fraction that may be nothing, as darkness is. */
const number = z
  .string()
  .regex(/^\d+\/[1-9]\d*$/)
  .transform((text) => {
    const [num, den] = text.split('/').map(Number);
    return (num as number) / (den as number);
  });

/** As ffprobe shows it. */
export const sideDataSchema = z.looseObject({ side_data_type: z.string() });
export type SideData = z.infer<typeof sideDataSchema>;

const masteringSchema = z
  .object({
    red_x: number,
    red_y: number,
    green_x: number,
    green_y: number,
    blue_x: number,
    blue_y: number,
    white_point_x: number,
    white_point_y: number,
    min_luminance: number,
    max_luminance: number,
  })
  .transform((m) => ({
    red: [m.red_x, m.red_y] as [number, number],
    green: [m.green_x, m.green_y] as [number, number],
    blue: [m.blue_x, m.blue_y] as [number, number],
    white: [m.white_point_x, m.white_point_y] as [number, number],
    minLuminance: m.min_luminance,
    maxLuminance: m.max_luminance,
  }));
const lightSchema = z
  .object({ max_content: z.number().int(), max_average: z.number().int() })
  .transform((l) => ({ max: l.max_content, average: l.max_average }));
const dolbySchema = z.object({ dv_bl_signal_compatibility_id: z.number().int() });

/**
 * What is in the lists of side data; the first of a kind counts, as players have it. What is not whole is as if it
 * were not there.
 */
export function readHdr(list: readonly SideData[]): Hdr {
  const find = <T>(name: RegExp, schema: z.ZodType<T>): T | undefined =>
    list
      .filter(({ side_data_type }) => name.test(side_data_type))
      .map((data) => schema.safeParse(data).data)
      .find((data) => data !== undefined);
  const mastering = find(/^Mastering display/i, masteringSchema);
  const light = find(/^Content light level/i, lightSchema);
  const dynamic = [
    ...(list.some(({ side_data_type }) => /HDR10\+|2094-40/.test(side_data_type)) ? ['HDR10+'] : []),
    ...(list.some(({ side_data_type }) => /^(DOVI|Dolby Vision)/i.test(side_data_type)) ? ['Dolby Vision'] : []),
  ];
  return { ...(mastering && { mastering }), ...(light && { light }), ...(dynamic.length > 0 && { dynamic }) };
}

/**
 * True where the pictures are in Dolby Vision's own colours alone (profile 5), which ffmpeg shows green and violet.
 */
export const isPureDolbyVision = (list: readonly SideData[]): boolean =>
  list.some(
    (data) =>
      /^DOVI configuration/i.test(data.side_data_type) &&
      dolbySchema.safeParse(data).data?.dv_bl_signal_compatibility_id === 0,
  );

/** What the user should know of metadata that are not carried along. */
export const dynamicWarning = ({ video: { hdr } }: SourceInfo): string | undefined =>
  hdr?.dynamic &&
  `${hdr.dynamic.join(' and ')} metadata, which change from scene to scene, are left out: ` +
    'the result is plain HDR10 or HLG';

const outputSchema = z.object({
  streams: z.array(z.object({ side_data_list: z.array(sideDataSchema).default([]) })).default([]),
  frames: z.array(z.object({ side_data_list: z.array(sideDataSchema).default([]) })).default([]),
});

/** Packets that are decoded: of some streams the first ones give no frame. */
const PACKETS = 16;

/** All side data of a stream's header and of its first frames. Nothing where none of them decode. */
export async function readSideData(file: string, stream: number, signal?: AbortSignal): Promise<SideData[]> {
  const args = argv`
    -select_streams ${stream} -read_intervals %+#${PACKETS}
    -show_entries stream=index:stream_side_data_list:frame=pts:frame_side_data_list ${sourceInput(file)}
  `;
  let read: unknown;
  try {
    read = await readHeader(args, signal);
  } catch (error) {
    if (error instanceof ContentFailure) return [];
    throw error;
  }
  const { streams, frames } = outputSchema.parse(read);
  return [...streams, ...frames].flatMap(({ side_data_list }) => side_data_list);
}

/** Formats hold chromaticities in 1/50000 or 1/65536, luminances in 1/10000 or 1/16384 and 1/256 cd/m². */
const SLACK = { color: 1 / 25_000, dark: 1 / 8_000, bright: 1 / 200 };

/** What is not the same in two videos' metadata beyond what their formats round, each in one line. */
export function compareHdr(is: Hdr, wanted: Hdr): string[] {
  const problems: string[] = [];
  const say = (name: string, a: string | undefined, b: string | undefined): void => {
    problems.push(
      a === undefined
        ? `it has no ${name}`
        : b === undefined
          ? `it has a ${name} that its source has not`
          : `its ${name} is ${a} instead of ${b}`,
    );
  };
  if (!sameMastering(is.mastering, wanted.mastering))
    say('mastering display', told(is.mastering), told(wanted.mastering));
  if (is.light?.max !== wanted.light?.max || is.light?.average !== wanted.light?.average) {
    const levels = (light: Hdr['light']): string | undefined => light && `${light.max} and ${light.average} cd/m²`;
    say('content light level', levels(is.light), levels(wanted.light));
  }
  return problems;
}

const PRIMARIES = ['red', 'green', 'blue', 'white'] as const;

function sameMastering(a: Hdr['mastering'], b: Hdr['mastering']): boolean {
  if (!a || !b) return a === b;
  const near = (x: number, y: number, slack: number): boolean => Math.abs(x - y) <= slack;
  return (
    PRIMARIES.every(
      (name) => near(a[name][0], b[name][0], SLACK.color) && near(a[name][1], b[name][1], SLACK.color),
    ) &&
    near(a.minLuminance, b.minLuminance, SLACK.dark) &&
    near(a.maxLuminance, b.maxLuminance, SLACK.bright)
  );
}

function told(mastering: Hdr['mastering']): string | undefined {
  if (!mastering) return undefined;
  const colors = PRIMARIES.map((name) => `${name} ${mastering[name].map((value) => value.toFixed(4)).join(',')}`);
  return `${colors.join(' ')}, ${mastering.minLuminance} to ${mastering.maxLuminance} cd/m²`;
}
