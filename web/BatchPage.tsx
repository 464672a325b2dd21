import { useEffect, useState } from 'preact/hooks';
import type { Batch, BatchDetail } from '../src/dashboard/schemas/batches.js';
import { api, summaryPath } from './api.js';
import { BatchActions } from './BatchActions.js';
import { counts } from './Batches.js';
import { bytes, count, duration, fps, share, stageOfBatch, when } from './format.js';
import { Bar, Icon, Pill } from './parts.js';
import { follow } from './router.js';
import { useStore } from './store.js';
import { useTitle } from './title.js';

/** One batch: how far it is, and the videos of its latest round with their jobs. */
export function BatchPage({ batch: key }: { batch: string }) {
  const batch = useStore((state) => state.batches.batches.find((each) => each.batch === key));
  const [detail, setDetail] = useState<BatchDetail>();
  const [missing, setMissing] = useState(false);
  // Its videos change when one of them begins or ends.
  const stamp =
    batch &&
    [
      batch.status,
      batch.stage,
      batch.files,
      batch.done,
      batch.skipped,
      batch.failed,
      batch.cancelled,
      batch.endedAt,
      ...batch.working.map(({ job }) => job),
    ].join(' ');
  useEffect(() => {
    let gone = false;
    api.batch(key).then(
      (answer) => {
        if (!gone) {
          setDetail(answer);
          setMissing(false);
        }
      },
      () => {
        if (!gone) setMissing(true);
      },
    );
    return () => {
      gone = true;
    };
  }, [key, stamp]);
  useTitle(batch);
  const shown = batch ?? detail?.batch;
  if (!shown)
    return missing ? (
      <p class="empty">
        There is no such batch.{' '}
        <a href="/batches" onClick={follow}>
          All batches
        </a>
      </p>
    ) : (
      <p class="empty" role="status">
        Loading…
      </p>
    );
  const { name, how, schedule, outDir, status, reason, failures, page } = shown;
  return (
    <article class="job" aria-labelledby="title">
      <a class="backlink" href="/batches" onClick={follow}>
        <Icon name="back" />
        All batches
      </a>
      <header>
        <div>
          <h1 id="title">{name}</h1>
          <p class="sub">
            <Pill status={status} text={stageOfBatch(shown)} /> <span>{how.replace(/ x(\d+)$/, ' ×$1')}</span>
            {schedule !== undefined && (
              <>
                <span class="sep">·</span>
                <span>schedule {schedule}</span>
              </>
            )}
            <span class="sep">·</span>
            <span>into {outDir}</span>
          </p>
        </div>
        <BatchActions batch={shown} />
      </header>
      {status === 'paused' && <p class="banner">Paused: {reason}</p>}
      {status === 'interrupted' && (
        <p class="banner">Nothing works on this batch. Resuming it goes on where it was.</p>
      )}
      {failures.length > 0 && (
        <ul class="banner bad" role="list">
          {failures.map((text) => (
            <li key={text}>{text}</li>
          ))}
        </ul>
      )}
      <section class="panel hero" aria-label="Progress">
        <div class="big">
          <span class="percent">{share(shown.percent)}</span>
          <span class={`stage ${status}`}>{counts(shown)}</span>
        </div>
        <Bar status={status} percent={shown.percent} known={shown.files > 0} label="Progress" />
        <BatchFacts batch={shown} />
        {page && (
          <p class="after">
            <a href={summaryPath(key)} target="_blank" rel="noopener noreferrer">
              The summary of the last round
              <Icon name="link" />
            </a>
          </p>
        )}
      </section>
      <section class="panel" aria-labelledby="videos-title">
        <h2 id="videos-title">Videos</h2>
        {detail && detail.videos.length > 0 ? (
          <Videos detail={detail} working={shown.working} />
        ) : (
          <p class="soft">{status === 'new' ? 'They are looked for when a round begins.' : 'None yet.'}</p>
        )}
      </section>
    </article>
  );
}

function BatchFacts({ batch: { files, frames, fps: speed, etaSeconds, endedAt, status } }: { batch: Batch }) {
  const facts: [string, string][] = [
    ['videos', status === 'new' ? '–' : count(files)],
    ['frames done', count(frames)],
    ['frames a second', speed > 0 ? fps(speed) : '–'],
    endedAt === undefined
      ? ['left, about', etaSeconds === undefined ? '–' : duration(etaSeconds)]
      : ['ended', when(endedAt)],
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

const WORDS: Partial<Record<BatchDetail['videos'][number]['status'], string>> = {
  damaged: 'done, source damaged',
  skipped: 'finished before',
  running: 'at work',
  unfinished: 'goes on in the next round',
};

function Videos({ detail: { videos, more }, working }: { detail: BatchDetail; working: Batch['working'] }) {
  const percents = new Map(working.map(({ job, percent }) => [job, percent]));
  return (
    <>
      <ul class="videos" role="list">
        {videos.map(({ input, status, job, frames, bytes: size, error, accepted }, i) => (
          <li key={`${i} ${input}`}>
            <span class="name">
              {job === undefined ? (
                input
              ) : (
                <a href={`/jobs/${job}`} onClick={follow}>
                  {input}
                </a>
              )}
              {error !== undefined && <span class="sub bad">{error}</span>}
              {accepted && (
                <span class="sub">delivered although it did not pass its checks: {accepted.join('; ')}</span>
              )}
            </span>
            <Pill
              status={status}
              text={
                (WORDS[status] ?? status) +
                (status === 'running' && job !== undefined && percents.has(job)
                  ? `, ${share(percents.get(job) ?? 0)}`
                  : '')
              }
            />
            <span class="soft number">
              {[frames === undefined ? '' : `${count(frames)} frames`, size === undefined ? '' : bytes(size)]
                .filter(Boolean)
                .join(', ')}
            </span>
          </li>
        ))}
      </ul>
      {more > 0 && <p class="soft">… and {count(more)} more</p>}
    </>
  );
}
