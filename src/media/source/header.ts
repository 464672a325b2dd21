import { z } from 'zod';
import { readHeader } from '../ffmpeg/runFfprobe.js';
import { sourceInput } from '../ffmpeg/tools.js';
import { sideDataSchema } from './hdr.js';
import { programsSchema } from './programs.js';

/** Printed as a text, and left out or `N/A` where it is not known. */
const number = z.coerce.number().optional().catch(undefined);
const count = z.coerce.number().int().optional().catch(undefined);

/** By lower-case names: muxers differ. */
const tagsSchema = z
  .record(z.string(), z.string())
  .default({})
  .transform(
    (tags) =>
      Object.fromEntries(Object.entries(tags).map(([name, value]) => [name.toLowerCase(), value])) as Record<
        string,
        string | undefined
      >,
  );

const streamSchema = z.object({
  index: z.number().int(),
  id: number,
  codec_type: z.string().optional(),
  codec_name: z.string().optional(),
  codec_tag_string: z.string().optional(),
  width: z.number().optional(),
  height: z.number().optional(),
  pix_fmt: z.string().optional(),
  sample_aspect_ratio: z.string().optional(),
  color_space: z.string().optional(),
  color_range: z.string().optional(),
  color_primaries: z.string().optional(),
  color_transfer: z.string().optional(),
  chroma_location: z.string().optional(),
  has_b_frames: z.number().int().optional(),
  time_base: z.string(),
  r_frame_rate: z.string().optional(),
  avg_frame_rate: z.string().optional(),
  nb_frames: count,
  start_time: number,
  duration: number,
  bit_rate: count,
  channels: z.number().int().optional(),
  sample_rate: count,
  disposition: z.record(z.string(), z.number()).default({}),
  side_data_list: z.array(sideDataSchema).default([]),
  tags: tagsSchema,
});

const headerSchema = z.object({
  streams: z.array(streamSchema),
  programs: programsSchema,
  chapters: z.array(z.object({ start_time: number, end_time: number, tags: tagsSchema })),
  format: z.object({ format_name: z.string(), start_time: number, duration: number, tags: tagsSchema }),
});

/**
 * What ffprobe says of a file, in its own words. Nothing is put in for what it leaves out: that a colour has no tag
 * means one thing of a source, whose size then tells, and another of a result, which must have one.
 */
export type Header = z.infer<typeof headerSchema>;
export type HeaderStream = Header['streams'][number];

/** @throws as `readHeader`. */
export async function fileHeader(file: string, signal: AbortSignal | undefined): Promise<Header> {
  const shown = ['-show_streams', '-show_programs', '-show_chapters', '-show_format'];
  return headerSchema.parse(await readHeader([...shown, ...sourceInput(file)], signal));
}

/** A picture beside a track of sound is no video. */
export const isCover = ({ disposition }: Pick<HeaderStream, 'disposition'>): boolean =>
  disposition['attached_pic'] === 1;
