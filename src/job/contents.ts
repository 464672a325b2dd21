import { z } from 'zod';

export const containerSchema = z.enum(['mp4', 'mkv']);
export type Container = z.infer<typeof containerSchema>;

/** One track of the deliverable. Names of codecs and dispositions are ffmpeg's. */
export const contentTrackSchema = z.object({
  kind: z.enum(['video', 'audio', 'subtitle', 'cover', 'attachment']),
  /** In the deliverable. Empty for an attachment that is no kind of file that ffmpeg knows. */
  codec: z.string(),
  /** Index of the stream in the source that it comes from. */
  source: z.number().int().min(0),
  /** True when its packets are the source's, bit for bit. */
  copied: z.boolean(),
  /** As the source names it, in MP4 always three letters of ISO 639-2; absent where it is not known. */
  language: z.string().optional(),
  /** MP4 holds it as the track's handler name. An attachment's is its file name. */
  title: z.string().optional(),
  /** In alphabetical order: `default`, `forced`, `comment`, … */
  dispositions: z.array(z.string()),
  /**
   * Of sound: when its first sample is presented, in seconds after the first frame; negative where it begins earlier.
   */
  startSeconds: z.number().optional(),
});
export type ContentTrack = z.infer<typeof contentTrackSchema>;

const chapterSchema = z.object({
  /** In seconds after the first frame; exact to a millisecond in the deliverable. */
  startSeconds: z.number(),
  endSeconds: z.number(),
  title: z.string().optional(),
});
export type Chapter = z.infer<typeof chapterSchema>;

/**
 * What the deliverable has to hold, decided from the source before anything is written. The merge is made from it, and
 * the verification compares the file with it.
 */
export const contentsSchema = z.object({
  container: containerSchema,
  /** In the order of the file's streams. */
  tracks: z.array(contentTrackSchema),
  chapters: z.array(chapterSchema),
  /** Tags of the whole file, by lower-case names: title, artist, date, comment, … */
  tags: z.record(z.string(), z.string()),
});
export type Contents = z.infer<typeof contentsSchema>;
