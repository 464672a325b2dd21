import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Job } from '../src/dashboard/schemas/jobs.js';
import { Actions } from './Actions.js';
import { posterPath } from './api.js';
import { count, duration, fps, methodOf, share, stageOf, when } from './format.js';
import { Button, Icon, JobBar, JobPill } from './parts.js';
import { follow } from './router.js';
import { Spark } from './SpeedPlot.js';
import { showAll, useStore } from './store.js';

const FILTERS = [
  { name: 'All', of: () => true },
  { name: 'At work', of: ({ status }: Job) => status === 'running' },
  { name: 'Waiting', of: ({ status }: Job) => status === 'paused' || status === 'interrupted' },
  { name: 'Done', of: ({ status }: Job) => status === 'done' },
  { name: 'Failed', of: ({ status }: Job) => status === 'failed' || status === 'cancelled' },
] as const;

/** Jobs at work that have a card; more of them are in the list only. */
const CARDS = 6;

export function JobList() {
  const jobs = useStore((state) => state.jobs);
  const total = useStore((state) => state.total);
  const connection = useStore((state) => state.connection);
  const [filter, setFilter] = useState(0);
  const [search, setSearch] = useState('');
  // The browser's own Escape clears the field without a word.
  const clear = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    setSearch('');
  };
  const wanted = search.trim().toLowerCase();
  const found =
    wanted === ''
      ? jobs
      : jobs.filter((job) =>
          `${job.inputName} ${job.outputName} ${methodOf(job)} ${job.job.slice(0, 8)}`.toLowerCase().includes(wanted),
        );
  const shown = found.filter(FILTERS[filter]?.of ?? (() => true));
  const cards =
    filter === 0 && wanted === '' ? shown.filter(({ status }) => status === 'running').slice(0, CARDS) : [];
  const rest = shown.filter((job) => !cards.includes(job));

  if (jobs.length === 0)
    return connection === 'loading' ? (
      <p class="empty" role="status">
        Looking for jobs…
      </p>
    ) : (
      <Welcome />
    );
  return (
    <>
      {cards.length > 0 && (
        <section aria-labelledby="at-work">
          <h2 id="at-work">At work</h2>
          <div class={`cards${cards.length === 1 ? ' single' : ''}`}>
            {cards.map((job) => (
              <Card key={job.job} job={job} />
            ))}
          </div>
        </section>
      )}
      <section aria-labelledby="jobs-title">
        <div class="listhead">
          <h2 id="jobs-title">Jobs</h2>
          <div class="tabs" role="group" aria-label="Which jobs">
            {FILTERS.map(({ name, of }, i) => (
              <button
                key={name}
                type="button"
                aria-pressed={filter === i}
                onClick={() => {
                  setFilter(i);
                }}
              >
                {name} <span class="count">{count(found.filter(of).length)}</span>
              </button>
            ))}
          </div>
          <label class="search">
            <Icon name="search" />
            <span class="hidden">Search jobs</span>
            <input
              type="search"
              id="search"
              placeholder="Search  /"
              value={search}
              onInput={(event) => {
                setSearch(event.currentTarget.value);
              }}
              onKeyDown={clear}
            />
          </label>
        </div>
        {rest.length === 0 ? (
          <p class="empty">{cards.length > 0 ? 'No other jobs.' : 'No such jobs.'}</p>
        ) : (
          <Rows jobs={rest} />
        )}
        {total > jobs.length && (
          <p class="more">
            The newest {jobs.length} of {total} jobs.{' '}
            <Button
              onClick={() => {
                void showAll();
              }}
            >
              Show all
            </Button>
          </p>
        )}
      </section>
    </>
  );
}

const Welcome = () => (
  <div class="welcome">
    <h2>No jobs yet</h2>
    <p>Give Reelscale a video, and it comes back larger. Whatever is interrupted on the way goes on where it was.</p>
    <a class="button strong" href="/new" onClick={follow}>
      <Icon name="plus" />
      New job
    </a>
    <p class="soft">
      or on the command line: <code>reelscale upscale clip.mp4</code>
    </p>
  </div>
);

const Poster = ({ job }: { job: Job }) => {
  const [broken, setBroken] = useState(false);
  return (
    <div class="poster">
      {broken ? (
        <Icon name="film" />
      ) : (
        <img
          src={posterPath(job.job)}
          alt=""
          loading="lazy"
          decoding="async"
          onError={() => {
            setBroken(true);
          }}
        />
      )}
    </div>
  );
};

function Card({ job }: { job: Job }) {
  const spark = useStore((state) => state.sparks.get(job.job));
  return (
    <article class="card" aria-label={job.inputName}>
      <Poster job={job} />
      <div class="body">
        <div class="head">
          <h3>
            <a href={`/jobs/${job.job}`} onClick={follow} title={job.input}>
              {job.inputName}
            </a>
          </h3>
          <Actions job={job} small />
        </div>
        <p class="sub">
          {methodOf(job)}
          {job.devices.length > 0 && (
            <>
              {' '}
              <span class="sep">·</span> {job.devices.join(', ')}
            </>
          )}
        </p>
        <div class="big">
          <span class="percent">{share(job.percent)}</span>
          <span class="stage">{stageOf(job)}</span>
          <Spark values={spark ?? []} />
        </div>
        <JobBar job={job} label={`Progress of ${job.inputName}`} />
        <p class="facts">
          {job.frames > 0 && (
            <span>
              {count(job.doneFrames)} of {count(job.frames)} frames
            </span>
          )}
          {job.fps > 0 && <span>{fps(job.fps)} fps</span>}
          {job.etaSeconds !== undefined && <span>{duration(job.etaSeconds)} left</span>}
        </p>
        {job.waiting !== undefined && <p class="waiting">{job.waiting}</p>}
      </div>
    </article>
  );
}

/** What a row says at its right: how long, how far, or why not. */
function note(job: Job): string {
  if (job.status === 'done')
    return `${count(job.frames)} frames${job.seconds === undefined ? '' : ` in ${duration(job.seconds)}`}`;
  if (job.status === 'failed') return job.error ?? '';
  if (job.status === 'paused') return job.reason ?? '';
  if (job.status === 'running')
    return (
      job.waiting ??
      [
        job.fps > 0 ? `${fps(job.fps)} fps` : '',
        job.etaSeconds === undefined ? '' : `${duration(job.etaSeconds)} left`,
      ]
        .filter(Boolean)
        .join(' · ')
    );
  return job.percent > 0 ? `${share(job.percent)} done` : '';
}

function Row({ job, index, count, top }: { job: Job; index: number; count: number; top: number }) {
  const open = job.status === 'running' || job.status === 'paused' || job.status === 'interrupted';
  return (
    <li class={`row ${job.status}`} style={{ top: `${top}px` }} aria-posinset={index + 1} aria-setsize={count}>
      <Poster job={job} />
      <div class="name">
        <a href={`/jobs/${job.job}`} onClick={follow} data-index={index} title={job.input}>
          {job.inputName}
        </a>
        <span class="sub">{methodOf(job)}</span>
      </div>
      <JobPill job={job} />
      <div class="note">
        {open && job.frames > 0 && <JobBar job={job} label={`Progress of ${job.inputName}`} />}
        <span title={note(job)}>{note(job)}</span>
      </div>
      <time dateTime={job.endedAt ?? job.createdAt}>{when(job.endedAt ?? job.createdAt)}</time>
      <Actions job={job} small />
    </li>
  );
}

/** Rows beyond what is seen, above and below. */
const SPARE = 8;

/** A list of any length: only the rows that are seen are there. */
function Rows({ jobs }: { jobs: Job[] }) {
  const list = useRef<HTMLUListElement>(null);
  const [range, setRange] = useState({ from: 0, to: 30, height: 64 });
  const wanted = useRef<number | undefined>(undefined);

  const measure = (): void => {
    if (!list.current) return;
    const height = Number.parseFloat(getComputedStyle(list.current).getPropertyValue('--row')) || 64;
    const above = -list.current.getBoundingClientRect().top;
    const from = Math.max(0, Math.floor(above / height) - SPARE);
    const to = Math.ceil((above + innerHeight) / height) + SPARE;
    setRange((before) =>
      before.from === from && before.to === to && before.height === height ? before : { from, to, height },
    );
  };
  useLayoutEffect(measure, [jobs.length]);
  useEffect(() => {
    addEventListener('scroll', measure, { passive: true });
    addEventListener('resize', measure);
    return () => {
      removeEventListener('scroll', measure);
      removeEventListener('resize', measure);
    };
  }, []);
  useEffect(() => {
    if (wanted.current === undefined) return;
    const link = list.current?.querySelector<HTMLElement>(`[data-index="${wanted.current}"]`);
    if (!link) return;
    wanted.current = undefined;
    link.focus();
  });

  const move = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const index = Number((event.target as HTMLElement).dataset['index']);
    if (step === 0 || Number.isNaN(index)) return;
    event.preventDefault();
    const next = Math.min(jobs.length - 1, Math.max(0, index + step));
    const link = list.current?.querySelector<HTMLElement>(`[data-index="${next}"]`);
    if (link) link.focus();
    else wanted.current = next;
    const top = (list.current?.getBoundingClientRect().top ?? 0) + next * range.height;
    if (top < 80 || top + range.height > innerHeight)
      scrollBy({ top: top < 80 ? top - 80 : top + range.height - innerHeight + 8 });
  };

  return (
    <ul ref={list} class="rows" role="list" style={{ height: `${jobs.length * range.height}px` }} onKeyDown={move}>
      {jobs.slice(range.from, range.to).map((job, i) => (
        <Row
          key={job.job}
          job={job}
          index={range.from + i}
          count={jobs.length}
          top={(range.from + i) * range.height}
        />
      ))}
    </ul>
  );
}
