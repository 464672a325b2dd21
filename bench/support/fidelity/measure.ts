import { execa } from 'execa';
import { z } from 'zod';

/** Tags that speak of a file itself, not of what it shows. */
const STRUCTURAL = new RegExp(
  '^(major_brand|minor_version|compatible_brands|encoder|creation_time|handler_name|vendor_id|duration|' +
    'com\\.android.*|_statistics.*)$',
  'i',
);

const rational = z.string().regex(/^\d+[/:]\d+$/);
const streamSchema = z.object({
  index: z.number(),
  codec_type: z.string().default('data'),
  codec_name: z.string().default('unknown'),
  width: z.number().default(0),
  height: z.number().default(0),
  pix_fmt: z.string().default('unknown'),
  sample_aspect_ratio: rational.catch('1:1'),
  color_range: z.string().optional(),
  color_space: z.string().optional(),
  color_primaries: z.string().optional(),
  color_transfer: z.string().optional(),
  r_frame_rate: rational,
  avg_frame_rate: rational,
  time_base: rational,
  start_time: z.coerce.number().catch(0),
  duration: z.coerce.number().optional().catch(undefined),
  nb_frames: z.coerce.number().optional().catch(undefined),
  sample_rate: z.coerce.number().catch(0),
  disposition: z.record(z.string(), z.number()),
  tags: z.record(z.string(), z.string()).default({}),
  side_data_list: z.array(z.object({ side_data_type: z.string(), rotation: z.number().optional() })).default([]),
});
export type Stream = z.infer<typeof streamSchema>;

const fileSchema = z.object({
  streams: z.array(streamSchema),
  chapters: z.array(
    z.object({
      start_time: z.coerce.number(),
      end_time: z.coerce.number(),
      tags: z.record(z.string(), z.string()).default({}),
    }),
  ),
  format: z.object({ tags: z.record(z.string(), z.string()).default({}) }),
});

const frameSchema = z.object({
  best_effort_timestamp: z.number().optional(),
  pkt_duration: z.number().optional(),
  duration: z.number().optional(),
  interlaced_frame: z.number().default(0),
  nb_samples: z.number().default(0),
  side_data_list: z.array(z.object({ side_data_type: z.string() })).default([]),
});

/**
 * What ffprobe finds in a file by decoding its picture and its sound; none of the product's own code has a part in it.
 */
export interface Measured {
  file: string;
  /** The stream that a player shows. */
  video: Stream;
  /** Of every decoded frame, in ticks of `time_base`; NaN where it has none. */
  pts: number[];
  /** Of the last frame, in ticks, where the container says it and is to be believed. */
  lastDuration: number | undefined;
  interlacedFrames: number;
  /** Mastering display and light level, as the first frame has them. */
  hdrData: string[];
  audio: (Stream & { first: number | undefined; end: number | undefined })[];
  subtitles: Stream[];
  /** Covers, attachments, data and further video streams. */
  others: Stream[];
  chapters: { start: number; end: number; title: string | undefined }[];
  tags: Record<string, string>;
}

async function ffprobe(file: string, ...args: string[]): Promise<unknown> {
  const { stdout } = await execa('ffprobe', ['-v', 'quiet', '-of', 'json', ...args, file], { maxBuffer: 1e9 });
  return JSON.parse(stdout);
}

export const ratio = (text: string): number => {
  const [a = 0, b = 1] = text.split(/[/:]/).map(Number);
  return a / b;
};

/** @returns undefined for a file without a picture. */
export async function measure(file: string): Promise<Measured | undefined> {
  const { streams, chapters, format } = fileSchema.parse(
    await ffprobe(file, '-show_streams', '-show_chapters', '-show_format'),
  );
  const shown = streams.filter(
    ({ codec_type, disposition }) => codec_type === 'video' && disposition['attached_pic'] === 0,
  );
  const video = shown.find(({ disposition }) => disposition['default'] === 1) ?? shown[0];
  if (!video) return undefined;
  const frames = await framesOf(file, video.index);
  const audio = [];
  for (const stream of streams.filter(({ codec_type }) => codec_type === 'audio'))
    audio.push({ ...stream, ...(await span(file, stream)) });
  return {
    file,
    video,
    pts: frames.map(({ best_effort_timestamp }) => best_effort_timestamp ?? NaN),
    lastDuration: lastDuration(frames),
    interlacedFrames: frames.filter(({ interlaced_frame }) => interlaced_frame === 1).length,
    hdrData: (frames[0]?.side_data_list ?? [])
      .map(({ side_data_type }) => side_data_type)
      .filter((type) => /Mastering|Content light/.test(type))
      .sort(),
    audio,
    subtitles: streams.filter(({ codec_type }) => codec_type === 'subtitle'),
    others: streams.filter((stream) => stream !== video && !['audio', 'subtitle'].includes(stream.codec_type)),
    chapters: chapters.map(({ start_time, end_time, tags }) => ({
      start: start_time,
      end: end_time,
      title: tags['title'],
    })),
    tags: Object.fromEntries(
      Object.entries(format.tags)
        .filter(([name]) => !STRUCTURAL.test(name))
        .map(([name, value]) => [name.toLowerCase(), value]),
    ),
  };
}

/**
 * A container that holds one duration for all frames is believed only where the frame before is shown for that long.
 */
function lastDuration(frames: z.infer<typeof frameSchema>[]): number | undefined {
  const [before, last] = frames.slice(-2);
  const duration = (frame: typeof last): number => frame?.duration ?? frame?.pkt_duration ?? NaN;
  const step = (last?.best_effort_timestamp ?? NaN) - (before?.best_effort_timestamp ?? NaN);
  return Math.abs(step - duration(before)) <= 1 ? duration(last) : undefined;
}

async function framesOf(file: string, stream: number): Promise<z.infer<typeof frameSchema>[]> {
  const entries =
    'frame=best_effort_timestamp,pkt_duration,duration,interlaced_frame,nb_samples:frame_side_data=side_data_type';
  const { frames } = z
    .object({ frames: z.array(frameSchema) })
    .parse(await ffprobe(file, '-select_streams', String(stream), '-show_entries', entries));
  return frames;
}

/** When a track's first sample is heard and its last one ends, on the file's clock. */
async function span(
  file: string,
  { index, time_base, sample_rate }: Stream,
): Promise<{ first: number | undefined; end: number | undefined }> {
  const frames = (await framesOf(file, index)).filter(
    ({ best_effort_timestamp }) => best_effort_timestamp !== undefined,
  );
  const time = (frame: (typeof frames)[number] | undefined): number | undefined =>
    frame === undefined ? undefined : (frame.best_effort_timestamp as number) * ratio(time_base);
  const [first, last] = [time(frames[0]), time(frames.at(-1))];
  return { first, end: last === undefined ? undefined : last + (frames.at(-1)?.nb_samples ?? 0) / sample_rate };
}

/** When the first frame is shown, on the file's clock. */
export const firstFrame = ({ pts, video }: Measured): number => (pts[0] ?? 0) * ratio(video.time_base);
