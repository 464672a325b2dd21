import path from 'node:path';
import type { BatchSummary, VideoResult, VideoStatus } from '../../job/batch/records.js';
import { byUrgency, countsText } from '../../job/batch/summaryText.js';
import { formatBytes } from '../../job/diskEstimate.js';
import { escapeHtml } from '../../media/verify/page.js';

const STYLE = `
:root {
  color-scheme: light dark; --ink: #1c1c1c; --paper: #fff; --soft: #666; --line: #ddd;
  --good: #1a7f37; --bad: #c62828; --mild: #8a6100;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e8e8e8; --paper: #16181c; --soft: #9aa0a8; --line: #333841;
    --good: #4cc46a; --bad: #ff6b6b; --mild: #f2b35e;
  }
}
body {
  margin: 2rem auto; max-width: 75rem; padding: 0 1rem; font: 15px/1.5 system-ui, sans-serif;
  color: var(--ink); background: var(--paper);
}
h1 { font-size: 1.3rem; overflow-wrap: anywhere; } .verdict { font-weight: 600; } .soft { color: var(--soft); }
.good { color: var(--good); } .bad { color: var(--bad); } .mild { color: var(--mild); }
table { border-collapse: collapse; width: 100%; }
td, th {
  text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere;
}
td.number, th.number { text-align: right; white-space: nowrap; } td:first-child { white-space: nowrap; }`;

const HEAD =
  '<tr><th></th><th>source</th><th>result</th>' +
  '<th class="number">frames</th><th class="number">fps</th><th class="number">size</th><th>job</th></tr>';

const TONE: Record<VideoStatus, 'good' | 'bad' | 'mild' | 'soft'> = {
  done: 'good',
  damaged: 'mild',
  skipped: 'soft',
  failed: 'bad',
  cancelled: 'mild',
  unfinished: 'mild',
};

/** One HTML page about a round that needs nothing else: no script, no request; dark where the reader's system is. */
export function summaryPage(summary: BatchSummary, waiting: readonly string[]): string {
  const { name, failed, status } = summary;
  const verdict =
    status !== 'done'
      ? `<p class="verdict mild">${status}</p>`
      : failed > 0
        ? `<p class="verdict bad">${failed} failed</p>`
        : '<p class="verdict good">done</p>';
  const times = `${escapeHtml(summary.startedAt)} to ${escapeHtml(summary.endedAt)}`;
  const left = waiting.map((file) => `<li>${escapeHtml(file)}</li>`).join('');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(name)}</title><style>${STYLE}</style></head><body>
<h1>${escapeHtml(name)}</h1>${verdict}
<p>${escapeHtml(totals(summary))}</p><p class="soft">${times}</p>
<table>${HEAD}
${[...summary.videos].sort(byUrgency).map(row).join('\n')}
</table>
${left === '' ? '' : `<h2>Still being written, left for the next round</h2><ul>${left}</ul>`}
</body></html>
`;
}

function row({
  status,
  input,
  output,
  frames,
  fps,
  bytes,
  job,
  error,
  accepted = [],
  warnings = [],
}: VideoResult): string {
  const notes = [
    ...(error === undefined ? [] : [error]),
    ...accepted.map((problem) => `accepted: ${problem}`),
    ...warnings,
  ]
    .map((text) => `<br><span class="soft">${escapeHtml(text)}</span>`)
    .join('');
  const number = (text: string | undefined): string => `<td class="number">${text ?? ''}</td>`;
  return (
    `<tr><td class="${TONE[status]}">${status}</td>` +
    `<td title="${escapeHtml(input)}">${escapeHtml(path.basename(input))}${notes}</td>` +
    `<td title="${escapeHtml(output)}">${escapeHtml(path.basename(output))}</td>` +
    number(frames?.toLocaleString('en')) +
    number(fps?.toFixed(2)) +
    number(bytes === undefined ? undefined : formatBytes(bytes)) +
    `<td>${escapeHtml(job ?? '')}</td></tr>`
  );
}

const totals = (summary: BatchSummary): string =>
  `${summary.files} files: ${countsText(summary)}; ` +
  `${summary.frames.toLocaleString('en')} frames at ${summary.fps.toFixed(2)} a second, ${formatBytes(summary.bytes)}`;
