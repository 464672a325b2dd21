import type { Check } from './report.js';

/** A frame that people may look at, beside its source's; JPEG. */
export interface ShownFrame {
  frame: number;
  seconds: number;
  output: Buffer | undefined;
  source: Buffer | undefined;
}

export interface PageContent {
  title: string;
  ok: boolean;
  problems: readonly string[];
  warnings: readonly string[];
  checks: readonly Check[];
  /** Pairs of name and value below the checks. */
  facts: readonly (readonly [name: string, value: string])[];
  /** SVG. */
  plot: string;
  sections: readonly { title: string; frames: readonly ShownFrame[] }[];
}

export const escapeHtml = (text: string): string =>
  text.replace(
    /[&<>"']/g,
    (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c] as string,
  );

const STYLE = `
:root {
  color-scheme: light dark; --ink: #1c1c1c; --paper: #fff; --soft: #666; --line: #ddd;
  --good: #1a7f37; --bad: #c62828; --luma: #2563eb; --chroma: #d97706;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e8e8e8; --paper: #16181c; --soft: #9aa0a8; --line: #333841;
    --good: #4cc46a; --bad: #ff6b6b; --luma: #7aa7ff; --chroma: #f2b35e;
  }
}
body {
  margin: 2rem auto; max-width: 62rem; padding: 0 1rem; font: 15px/1.5 system-ui, sans-serif;
  color: var(--ink); background: var(--paper);
}
h1 { font-size: 1.3rem; overflow-wrap: anywhere; } h2 { font-size: 1.05rem; margin-top: 2rem; }
.verdict { font-weight: 600; } .good { color: var(--good); } .bad { color: var(--bad); }
table { border-collapse: collapse; width: 100%; }
td, th {
  text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere;
}
td:first-child { white-space: nowrap; }
svg { width: 100%; border: 1px solid var(--line); }
polyline { fill: none; stroke-width: 1.2; vector-effect: non-scaling-stroke; }
polyline.luma { stroke: var(--luma); } polyline.chroma { stroke: var(--chroma); }
rect.wrong { fill: var(--bad); opacity: .3; }
.axis {
  display: flex; justify-content: space-between; gap: 1rem; margin: .2rem 0; font-size: .85rem; color: var(--soft);
}
b.luma { color: var(--luma); } b.chroma { color: var(--chroma); }
.frames { display: flex; flex-wrap: wrap; gap: 1rem; } .pair { display: flex; gap: 2px; }
figure { margin: 0; } figure img { display: block; height: 9rem; }
figcaption { font-size: .85rem; color: var(--soft); }`;

/** One HTML page that needs nothing else: no script, no request; dark where the reader's system is. */
export function page({ title, ok, problems, warnings, checks, facts, plot, sections }: PageContent): string {
  const verdict = ok ? '<p class="verdict good">passed</p>' : '<p class="verdict bad">not passed</p>';
  const list = (name: string, lines: readonly string[]): string =>
    lines.length === 0
      ? ''
      : `<h2>${name}</h2><ul>${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>`;
  const rows = checks.map(
    (check) =>
      `<tr><td class="${check.ok ? 'good">ok' : 'bad">wrong'}</td><td>${escapeHtml(check.name)}</td>` +
      `<td>${escapeHtml(check.measured)}</td><td>${escapeHtml(check.expected)}</td></tr>`,
  );
  const about = facts.map(([name, value]) => `<tr><td>${escapeHtml(name)}</td><td>${escapeHtml(value)}</td></tr>`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body>
<h1>${escapeHtml(title)}</h1>${verdict}
${list('Problems', problems)}${list('Warnings', warnings)}
<h2>Checks</h2><table><tr><th></th><th></th><th>measured</th><th>expected</th></tr>${rows.join('\n')}</table>
${plot === '' ? '' : `<h2>Every frame</h2>${plot}`}
${sections.map(section).join('\n')}
<h2>File</h2><table>${about.join('\n')}</table>
</body></html>
`;
}

function section({ title, frames }: PageContent['sections'][number]): string {
  if (frames.length === 0) return '';
  const figures = frames.map(
    ({ frame, seconds, output, source }) =>
      '<figure><div class="pair">' +
      `${image(source, `source, frame ${frame}`)}${image(output, `result, frame ${frame}`)}</div>` +
      `<figcaption>frame ${frame}, ${seconds.toFixed(3)} s</figcaption></figure>`,
  );
  return `<h2>${escapeHtml(title)}</h2><div class="frames">${figures.join('\n')}</div>`;
}

const image = (jpeg: Buffer | undefined, name: string): string =>
  jpeg ? `<img alt="${name}" title="${name}" src="data:image/jpeg;base64,${jpeg.toString('base64')}">` : '';
