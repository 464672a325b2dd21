import type { SourceInfo } from '../../job/source.js';
import type { Inventory } from '../merge/inventory.js';
import type { Cadence } from './cadence.js';
import { page } from './page.js';
import type { Check } from './report.js';
import type { Watch } from './watch.js';

/** What a video is and what is wrong with it, without anything to compare it with. */
export interface AloneReport {
  ok: boolean;
  /** What is wrong with the file, each in one line. */
  problems: string[];
  /** What may be meant: long pauses, stills, black. */
  warnings: string[];
  checks: Check[];
  file: { bytes: number; sha256: string };
  frames: number;
  /** Frames that the file's packets promise, where they say so. */
  promisedFrames: number | undefined;
  durationSeconds: number;
  rate: Pick<Cadence, 'kind' | 'fps'>;
  video: {
    codec: string;
    width: number;
    height: number;
    pixelFormat: string;
    sampleAspectRatio: string;
    colors: Record<string, string>;
  };
  /** When each track's first sample is presented, and its last one ends, in seconds after the first frame. */
  audio: {
    codec: string;
    language: string | undefined;
    startSeconds: number | undefined;
    endSeconds: number | undefined;
  }[];
  subtitles: { codec: string; language: string | undefined }[];
  chapters: number;
  black: [first: number, last: number][];
  /** Stretches of a second and more in which the picture does not change. */
  frozen: [first: number, last: number][];
  /** Frames that repeat the one before. */
  repeated: number;
}

/** What came out of the decoder. */
export interface Watched {
  /** Timestamps of all frames, in ticks. */
  pts: number[];
  watch: Watch;
  errors: string[];
}

interface Findings extends Pick<AloneReport, 'problems' | 'warnings' | 'checks' | 'audio'> {
  info: SourceInfo;
  streams: Inventory;
  watched: Watched;
  cadence: Cadence;
}

export function describe({
  info,
  streams,
  watched,
  cadence,
  audio,
  problems,
  warnings,
  checks,
}: Findings): Omit<AloneReport, 'file'> {
  const { video } = info;
  const colors = streams.video.find(({ index }) => index === video.index)?.colors;
  return {
    ok: problems.length === 0,
    problems,
    warnings,
    checks,
    frames: watched.pts.length,
    promisedFrames: video.promisedFrames,
    durationSeconds: streams.durationSeconds,
    rate: { kind: cadence.kind, fps: cadence.fps },
    video: {
      codec: video.codec,
      width: video.width,
      height: video.height,
      pixelFormat: video.pixelFormat,
      sampleAspectRatio: `${video.sampleAspectRatio.num}:${video.sampleAspectRatio.den}`,
      colors: { ...colors },
    },
    audio,
    subtitles: streams.contents.streams
      .filter(({ kind }) => kind === 'subtitle')
      .map(({ codec, language }) => ({ codec, language })),
    chapters: streams.contents.chapters.length,
    black: watched.watch.black.kept,
    frozen: watched.watch.frozen.kept,
    repeated: watched.watch.repeated.frames,
  };
}

/** The report as an HTML page. @param shown some frames of the file. */
export function pageOf(
  title: string,
  report: AloneReport,
  shown: Parameters<typeof page>[0]['sections'][number]['frames'],
): string {
  const { video } = report;
  return page({
    ...report,
    title,
    facts: [
      [
        'video',
        `${video.codec}, ${video.width}x${video.height}, ${video.pixelFormat}, pixels ${video.sampleAspectRatio}`,
      ],
      ['frames', String(report.frames)],
      ['duration', `${report.durationSeconds.toFixed(3)} s`],
      ['subtitles', String(report.subtitles.length)],
      ['chapters', String(report.chapters)],
      ['bytes', String(report.file.bytes)],
      ['SHA-256', report.file.sha256],
    ],
    plot: '',
    sections: [{ title: 'Some frames', frames: shown }],
  });
}
