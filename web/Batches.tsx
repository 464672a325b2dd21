import { useEffect } from 'preact/hooks';
import type { Batch, Schedule } from '../src/dashboard/schemas/batches.js';
import { BatchActions, ScheduleActions } from './BatchActions.js';
import { count, duration, fps, share, stageOfBatch, times, when } from './format.js';
import { Bar, Pill } from './parts.js';
import { follow } from './router.js';
import { useStore } from './store.js';

/** Schedules and batches: what runs by itself, and what has run. */
export function Batches() {
  const { batches, schedules } = useStore((state) => state.batches);
  const connection = useStore((state) => state.connection);
  useEffect(() => {
    document.title = 'Batches · Reelscale';
  }, []);
  if (batches.length === 0 && schedules.length === 0)
    return connection === 'loading' ? (
      <p class="empty" role="status">
        Looking for batches…
      </p>
    ) : (
      <NoBatches />
    );
  return (
    <>
      <h1 class="hidden">Batches</h1>
      {schedules.length > 0 && (
        <section aria-labelledby="schedules-title">
          <h2 id="schedules-title">Schedules</h2>
          <div class="cards">
            {schedules.map((schedule) => (
              <ScheduleCard
                key={schedule.name}
                schedule={schedule}
                batch={batches.find(({ batch }) => batch === schedule.batch)}
              />
            ))}
          </div>
        </section>
      )}
      {batches.length > 0 && (
        <section aria-labelledby="batches-title">
          <h2 id="batches-title">Batches</h2>
          <ul class="batches" role="list">
            {batches.map((batch) => (
              <BatchRow key={batch.batch} batch={batch} />
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

const NoBatches = () => (
  <div class="welcome">
    <h1>No batches yet</h1>
    <p>
      A batch upscales every video of a folder; a schedule does so again and again, with what is new there. Both are
      made on the command line, and shown and steered here.
    </p>
    <p>
      <code>reelscale batch videos/ --out-dir upscaled/</code>
    </p>
    <p>
      <code>reelscale schedule create night --cron "0 1 * * *" --watch inbox/ --out-dir upscaled/</code>
    </p>
  </div>
);

function ScheduleCard({ schedule, batch }: { schedule: Schedule; batch: Batch | undefined }) {
  const { name, watch, when: cron, until, timezone, paused, note, next, last, running, skippedOverlaps } = schedule;
  const state = running ? 'running' : paused ? 'paused' : 'idle';
  return (
    <article class="card schedule" aria-label={`Schedule ${name}`}>
      <div class="body">
        <div class="head">
          <h3>
            <a href={`/batches/${schedule.batch}`} onClick={follow}>
              {name}
            </a>
          </h3>
          <Pill status={state} text={running ? 'a round is at work' : paused ? 'paused' : 'waiting'} />
        </div>
        <p class="sub" title={watch}>
          {watch}
        </p>
        <dl class="pairs">
          <div>
            <dt>when</dt>
            <dd>
              <code>{cron}</code>
              {until !== undefined && <> until {until}</>} <span class="soft">{timezone}</span>
            </dd>
          </div>
          <div>
            <dt>next</dt>
            <dd>
              {next.length > 0
                ? next.map((time) => (
                    <time key={time} dateTime={time}>
                      {when(time)}
                    </time>
                  ))
                : paused
                  ? `none while it is paused${note === undefined ? '' : ` (${note})`}`
                  : 'not known'}
            </dd>
          </div>
          <div>
            <dt>last round</dt>
            <dd>
              {last === undefined ? 'none yet' : <time dateTime={last}>{when(last)}</time>}
              {batch && last !== undefined && <span>{running ? 'at work' : counts(batch)}</span>}
            </dd>
          </div>
          {skippedOverlaps > 0 && (
            <div>
              <dt>skipped</dt>
              <dd>{times(skippedOverlaps)}, while a round was at work</dd>
            </div>
          )}
        </dl>
        <ScheduleActions schedule={schedule} />
      </div>
    </article>
  );
}

/** How many videos have come to what. */
export function counts({ status, done, skipped, failed, cancelled, waiting, files }: Batch): string {
  if (status === 'new') return 'not begun';
  const parts = (
    [
      [done, 'done'],
      [skipped, 'finished before'],
      [failed, 'failed'],
      [cancelled, 'cancelled'],
      [waiting, 'still being written'],
    ] as const
  )
    .filter(([number]) => number > 0)
    .map(([number, what]) => `${count(number)} ${what}`);
  const open = status === 'running' || status === 'paused';
  const said = parts.join(', ') || (open ? 'none done yet' : 'nothing to do');
  return open && files > 0 ? `${said} of ${count(files)}` : said;
}

function BatchRow({ batch }: { batch: Batch }) {
  const { name, schedule, how, status, percent, fps: speed, etaSeconds, endedAt, createdAt, working } = batch;
  const open = status === 'running' || status === 'paused' || status === 'interrupted';
  return (
    <li class={`panel batch ${status}`}>
      <div class="name">
        <a href={`/batches/${batch.batch}`} onClick={follow} title={name}>
          {name}
        </a>
        <span class="sub">
          {how.replace(/ x(\d+)$/, ' ×$1')}
          {schedule !== undefined && (
            <>
              {' '}
              <span class="sep">·</span> schedule {schedule}
            </>
          )}
        </span>
      </div>
      <Pill status={batch.failed > 0 && status === 'done' ? 'damaged' : status} text={stageOfBatch(batch)} />
      <div class="note">
        {open && <Bar status={status} percent={percent} known={batch.files > 0} label={`Progress of ${name}`} />}
        <span class={batch.failed > 0 ? 'bad' : ''}>{counts(batch)}</span>
        {status === 'running' && (
          <span>
            {[
              share(percent),
              speed > 0 ? `${fps(speed)} fps` : '',
              etaSeconds === undefined ? '' : `${duration(etaSeconds)} left`,
            ]
              .filter(Boolean)
              .join(' · ')}
          </span>
        )}
        {working.length > 0 && (
          <span class="working">
            {working.map(({ job, input, percent: part }) => (
              <a key={job} href={`/jobs/${job}`} onClick={follow}>
                {input} <span class="soft">{share(part)}</span>
              </a>
            ))}
          </span>
        )}
      </div>
      <time dateTime={endedAt ?? createdAt}>{when(endedAt ?? createdAt)}</time>
      <BatchActions batch={batch} small />
    </li>
  );
}
