import type { Segment } from '../src/dashboard/schemas/jobs.js';

const WORDS: Record<Segment['state'], string> = {
  waiting: 'waiting',
  upscaling: 'upscaling',
  upscaled: 'upscaled',
  encoding: 'encoding',
  encoded: 'done',
};

/** The whole video as a strip of its segments, each as wide as it is long, that fill as they are worked on. */
export function Strip({ segments }: { segments: Segment[] }) {
  const counts = new Map<string, number>();
  for (const { state } of segments) counts.set(WORDS[state], (counts.get(WORDS[state]) ?? 0) + 1);
  const summary = [...counts].map(([word, number]) => `${number} ${word}`).join(', ');
  return (
    <figure class="strip">
      <div
        class={`film${segments.length > 120 ? ' many' : ''}`}
        role="img"
        aria-label={`${segments.length} segments: ${summary}`}
      >
        {segments.map((segment, i) => (
          <div
            key={i}
            class={`segment ${segment.state}${segment.attempt === undefined ? '' : ' again'}`}
            style={{ flexGrow: segment.frames }}
            title={titleOf(segment, i)}
          >
            <div class="done" style={{ transform: `scaleX(${segment.done})` }} />
          </div>
        ))}
      </div>
      <figcaption>
        {[...counts].map(([word, number]) => (
          <span key={word} class={`key ${word}`}>
            <i aria-hidden="true" />
            {number} {word}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

function titleOf({ frames, state, done, device, attempt }: Segment, index: number): string {
  const parts = [
    `segment ${index + 1}: ${frames} frames, ${WORDS[state]}`,
    ...(state !== 'encoded' && done > 0 && done < 1 ? [`${Math.floor(done * 100)} %`] : []),
    ...(device ? [device] : []),
    ...(attempt ? [`attempt ${attempt}`] : []),
  ];
  return parts.join(', ');
}
