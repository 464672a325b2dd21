import { useEffect } from 'preact/hooks';
import type { Job, JobDetail, LogEntry } from '../src/dashboard/schemas/jobs.js';
import { Actions } from './Actions.js';
import { Ask } from './Ask.js';
import { api, verifiedPath } from './api.js';
import { Compare } from './Compare.js';
import { bytes, clock, count, duration, fps, methodOf, share, stageOf, when } from './format.js';
import { Icon, JobBar, JobPill } from './parts.js';
import { follow } from './router.js';
import { SpeedPlot } from './SpeedPlot.js';
import { Strip } from './Strip.js';
import { useAction, useStore, watch } from './store.js';
import { useTitle } from './title.js';

export function JobPage({ job: key }: { job: string }) {
  const detail = useStore((state) => state.detail);
  const missing = useStore((state) => state.missing);
  useEffect(() => {
    watch(key);
    return () => {
      watch(undefined);
    };
  }, [key]);
  useTitle(detail && { ...detail.job, name: detail.job.inputName });
  if (missing)
    return (
      <p class="empty">
        There is no such job.{' '}
        <a href="/" onClick={follow}>
          All jobs
        </a>
      </p>
    );
  if (!detail || detail.job.job !== key)
    return (
      <p class="empty" role="status">
        Loading…
      </p>
    );
  return <Detail detail={detail} />;
}

function Detail({ detail }: { detail: JobDetail }) {
  const { job, segments, speed, log, settings, checks, result, temporalUrl } = detail;
  return (
    <article class="job" aria-labelledby="title">
      <a class="backlink" href="/" onClick={follow}>
        <Icon name="back" />
        All jobs
      </a>
      <header>
        <div>
          <h1 id="title">{job.inputName}</h1>
          <p class="sub">
            <JobPill job={job} /> <span>{methodOf(job)}</span> <span class="sep">·</span>{' '}
            <span class="soft">started {when(job.createdAt)}</span>
          </p>
        </div>
        <Actions job={job} />
      </header>
      {job.error !== undefined && (
        <p class="banner bad" role="alert">
          {job.error}
        </p>
      )}
      {job.waiting !== undefined && <p class="banner">{job.waiting}</p>}
      {job.status === 'paused' && <p class="banner">Paused: {job.reason}</p>}
      {job.status === 'interrupted' && (
        <p class="banner">Nothing works on this job. Resuming it goes on from the parts that are done.</p>
      )}
      <section class="panel hero" aria-label="Progress">
        <div class="big">
          <span class="percent">{share(job.percent)}</span>
          <span class={`stage ${job.status}`}>{stageOf(job)}</span>
        </div>
        <JobBar job={job} label="Progress" />
        <Facts job={job} />
        {segments.length > 0 && <Strip segments={segments} />}
      </section>
      <Compare job={job} planned={segments.length > 0} />
      <div class="columns">
        <div>
          <section class="panel" aria-labelledby="speed-title">
            <h2 id="speed-title">Speed</h2>
            <SpeedPlot speed={speed} />
          </section>
          <section class="panel" aria-labelledby="log-title">
            <h2 id="log-title">What happened</h2>
            <Log entries={log} />
          </section>
        </div>
        <div>
          {checks && (
            <section class="panel" aria-labelledby="checks-title">
              <h2 id="checks-title">Checks of the result</h2>
              <p class={`verdict ${checks.ok ? 'good' : 'bad'}`}>{checks.ok ? 'passed' : 'not passed'}</p>
              {checks.problems.length > 0 && (
                <ul class="plain bad">
                  {checks.problems.map((text) => (
                    <li key={text}>{text}</li>
                  ))}
                </ul>
              )}
              <dl class="pairs">
                {checks.checks.map(({ name, ok, measured }) => (
                  <div key={name}>
                    <dt>
                      <span class={ok ? 'good' : 'bad'} aria-label={ok ? 'ok' : 'wrong'}>
                        {ok ? '✓' : '✗'}
                      </span>{' '}
                      {name}
                    </dt>
                    <dd>{measured}</dd>
                  </div>
                ))}
              </dl>
              {job.accepted && <p class="soft">It was delivered because somebody wanted it as it is.</p>}
              {checks.page && (
                <p>
                  <a href={verifiedPath(job.job)} target="_blank" rel="noopener noreferrer">
                    The whole report, with pictures
                    <Icon name="link" />
                  </a>
                </p>
              )}
              {checks.rejected && <Deliver job={job} problems={checks.problems.length} />}
            </section>
          )}
          <section class="panel" aria-labelledby="settings-title">
            <h2 id="settings-title">Job {job.job.slice(0, 8)}</h2>
            <dl class="pairs">
              <div>
                <dt>input</dt>
                <dd>{job.input}</dd>
              </div>
              <div>
                <dt>output</dt>
                <dd>{job.output}</dd>
              </div>
              {settings.map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
              {result && (
                <>
                  <div>
                    <dt>size</dt>
                    <dd>{bytes(result.bytes)}</dd>
                  </div>
                  <div>
                    <dt>through the network</dt>
                    <dd>{count(result.inferredFrames)} frames</dd>
                  </div>
                  <div>
                    <dt>SHA-256</dt>
                    <dd class="digest">{result.sha256}</dd>
                  </div>
                </>
              )}
            </dl>
            {temporalUrl !== undefined && (
              <p>
                <a href={temporalUrl} target="_blank" rel="noopener noreferrer">
                  The workflow in Temporal
                  <Icon name="link" />
                </a>
              </p>
            )}
          </section>
        </div>
      </div>
    </article>
  );
}

/** A result that did not pass its checks, for whoever has looked at what is wrong. */
function Deliver({ job: { job, inputName, output }, problems }: { job: Job; problems: number }) {
  const [busy, act] = useAction();
  const publish = (): void => {
    act(() => api.publish(job), `${inputName} is being delivered`);
  };
  return (
    <p class="deliver">
      <Ask
        icon="check"
        kind=""
        label={`Deliver anyway: ${inputName}`}
        word="Deliver anyway…"
        title="Deliver a result that did not pass its checks?"
        busy={busy}
        back="Keep it back"
        choices={[{ word: 'Deliver it as it is', danger: true, act: publish }]}
      >
        It has {problems === 1 ? 'one problem, which is' : `${problems} problems, which are`} listed on this page and
        shown in the whole report. It becomes {output}; its report says that it was accepted.
      </Ask>
    </p>
  );
}

function Facts({ job }: { job: Job }) {
  const facts: [string, string][] = [
    ['frames', job.frames > 0 ? `${count(job.doneFrames)} of ${count(job.frames)}` : '–'],
    [job.status === 'done' ? 'frames a second, overall' : 'frames a second', job.fps > 0 ? fps(job.fps) : '–'],
    job.status === 'done'
      ? ['took', job.seconds === undefined ? '–' : duration(job.seconds)]
      : ['left', job.etaSeconds === undefined ? '–' : duration(job.etaSeconds)],
    ['devices', job.devices.length > 0 ? job.devices.join(', ') : '–'],
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

function Log({ entries }: { entries: LogEntry[] }) {
  if (entries.length === 0) return <p class="soft">Nothing is known any more of what happened on the way.</p>;
  return (
    <ol class="log" tabIndex={0} aria-labelledby="log-title">
      {entries.map((entry, i) => (
        <li key={`${i} ${entry.text}`} class={entry.kind}>
          {entry.at === undefined ? (
            <span class="at">note</span>
          ) : (
            <time class="at" dateTime={entry.at} title={when(entry.at)}>
              {clock(entry.at)}
            </time>
          )}
          <span>{entry.text}</span>
        </li>
      ))}
    </ol>
  );
}
