import { type JobSpec, jobSpecSchema } from '../../src/job/spec.js';

/** A job of bicubic that is all right, of files that need not be there. */
export const filterSpec = (different: object = {}): JobSpec =>
  jobSpecSchema.parse({
    version: 1,
    jobKey: 'a'.repeat(32),
    upscaleKey: 'b'.repeat(32),
    input: { root: 'media', path: 'a.mkv' },
    output: { root: 'media', path: 'a.mp4' },
    source: { size: 1, mtimeMs: 1, digest: '0'.repeat(64) },
    method: { kind: 'filter', name: 'bicubic', scale: 2 },
    encode: { codec: 'h264', crf: 30, preset: 'fast', threads: 1 },
    checkpointFrames: 100,
    tags: [],
    keepMezzanine: false,
    overwrite: false,
    createdAt: '',
    ...different,
  });
