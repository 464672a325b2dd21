import path from 'node:path';
import type { BatchView, LiveBatch } from '../client/batch/batches.js';
import { Speedometer } from '../client/job/speedometer.js';
import { TimeLeft } from '../client/job/timeLeft.js';
import type { BatchSummary } from '../job/batch/records.js';
import { byUrgency, countsText } from '../job/batch/summaryText.js';
import { formatBytes } from '../job/diskEstimate.js';
import { formatDuration } from '../lib/duration.js';
import { shown } from '../lib/printable.js';
import type { LeftOut } from '../media/source/videoFiles.js';
import { columns } from './columns.js';
import { LineView } from './lineView.js';
import { progressLine, roughly } from './render.js';

/** One line for people: files, frames, fps and the time that is left. */
function batchLine(batch: LiveBatch, measuredFps: number): string {
  const { stage, paused, files, done, skipped, failed, cancelled, running, doneFrames, framesLeft } = batch;
  if (paused) return `paused: ${paused.reason}`;
  if (stage === 'looking') return 'looking at the files';
  const fps = batch.fps || measuredFps;
  const first = running[0];
  return [
    `${done + skipped + failed + cancelled}/${files} files`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    `${doneFrames} frames`,
    ...(fps > 0 ? [`${roughly(fps)} fps`] : []),
    ...(fps > 0 && framesLeft !== undefined ? [`${formatDuration(framesLeft / fps)} left`] : []),
    ...(first?.progress ? [`${first.input}: ${progressLine(first.progress, new TimeLeft(), false)}`] : []),
    ...(running.length > 1 ? [`and ${running.length - 1} more`] : []),
  ].join('  ');
}

/** Shows how a batch goes. */
export class BatchProgressView extends LineView {
  readonly #speed = new Speedometer();

  update(batch: LiveBatch, now: number): void {
    this.#speed.add(now, batch.doneFrames);
    this.once(batch.failures.map((failure) => `failed: ${failure}`));
    this.show(batchLine(batch, this.#speed.fps), now);
  }
}

/** What a round has come to, a line for each video: what failed last, where the eye is. */
export function summaryTable(summary: BatchSummary): string {
  const shown = [...summary.videos].sort((a, b) => byUrgency(b, a));
  const rows = shown.map((video) => [
    video.status,
    path.basename(video.input),
    video.frames === undefined ? '' : `${video.frames} frames`,
    video.fps === undefined ? '' : `${video.fps.toFixed(2)} fps`,
    video.bytes === undefined ? '' : formatBytes(video.bytes),
    video.error ??
      `${path.basename(video.output)}${video.accepted ? ` (accepted: ${video.accepted.join('; ')})` : ''}`,
  ]);
  return [...columns(rows, [2, 3, 4]), totalsLine(summary)].join('\n');
}

const totalsLine = (summary: Omit<BatchSummary, 'videos'>): string =>
  `${countsText(summary)}; ${summary.frames} frames in ${formatDuration(summary.seconds)}`;

/** Of files that no batch takes, more lines tell nobody anything; JSON has them all. */
const LEFT_OUT_LINES = 20;

export function leftOutLines(leftOut: readonly LeftOut[]): string[] {
  const more = leftOut.length - LEFT_OUT_LINES;
  return [
    ...leftOut.slice(0, LEFT_OUT_LINES).map(({ file, why }) => `${shown(file)} is left out: ${why}`),
    ...(more > 0 ? [`… and ${more} more (--json names all)`] : []),
  ];
}

/** One line of `status` and `list`. */
export const batchRow = ({ batch, status, name, live }: BatchView): string =>
  `${batch}  ${status.padEnd(11)}  ${name}  batch${live && !live.paused ? `  ${batchLine(live, 0)}` : ''}`;

export function batchInFull({ batch, status, name, schedule, outDir, live, last }: BatchView): string {
  return [
    `batch    ${batch}`,
    `status   ${status}${status === 'interrupted' ? ': reelscale resume, or the same command again, goes on' : ''}`,
    `videos   ${name}`,
    ...(schedule === undefined ? [] : [`schedule ${schedule}`]),
    `results  ${outDir}`,
    ...(live
      ? [
          `progress ${batchLine(live, 0)}`,
          ...live.running.map(({ job, input, progress }) =>
            `         ${job}  ${input}  ${progress ? progressLine(progress, new TimeLeft(), false) : ''}`.trimEnd(),
          ),
          ...live.failures.map((line) => `failed   ${line}`),
        ]
      : []),
    ...(last ? [`last     ${last.summary.endedAt}: ${totalsLine(last.summary)}`, `page     ${last.page}`] : []),
  ].join('\n');
}
