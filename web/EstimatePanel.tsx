import { useEffect, useState } from 'preact/hooks';
import type { Estimate, Submit } from '../src/dashboard/schemas/submit.js';
import { api } from './api.js';
import { bytes, count, duration, fps, times } from './format.js';

const PRICE = 'price of an hour';

/** What it would take, as soon as a video is named. */
export function EstimatePanel({ job: { input, preset, model, scale } }: { job: Submit }) {
  const [answer, setAnswer] = useState<Estimate | string>();
  const [measure, setMeasure] = useState(false);
  const [price, setPrice] = useState(localStorage.getItem(PRICE) ?? '');
  useEffect(() => {
    setMeasure(false);
    setAnswer(undefined);
  }, [input, preset, model, scale]);
  useEffect(() => {
    if (!input || !/\.\w+$/.test(input)) return undefined;
    const leave = new AbortController();
    const costPerHour = Number(price);
    const timer = setTimeout(() => {
      api
        .estimate(
          {
            input,
            measure,
            ...(preset && { preset }),
            ...(model && { model }),
            ...(scale && { scale }),
            ...(price !== '' && costPerHour >= 0 && { costPerHour }),
          },
          leave.signal,
        )
        .then(setAnswer, (error: unknown) => {
          if (!leave.signal.aborted) setAnswer(error instanceof Error ? error.message : String(error));
        });
    }, 300);
    return () => {
      clearTimeout(timer);
      leave.abort();
    };
  }, [input, preset, model, scale, measure, price]);
  if (answer === undefined) return null;
  if (typeof answer === 'string')
    return (
      <p class="banner bad" role="status">
        {answer}
      </p>
    );
  const { source, width, height, frames, segments, bytes: result, disk, freeBytes, method, notes } = answer;
  const tight = freeBytes !== undefined && freeBytes < disk.jobs;
  return (
    <section class="panel estimate" aria-labelledby="estimate-title">
      <h2 id="estimate-title">What it takes</h2>
      <dl class="facts">
        <div>
          <dt>{method.replace(/ x(\d+)$/, ' ×$1')}</dt>
          <dd>
            {source.width}×{source.height} → {width}×{height}
          </dd>
        </div>
        <div>
          <dt>
            {duration(source.seconds)} at {fps(answer.fps)} fps, in{' '}
            {segments === 1 ? 'one segment' : `${count(segments)} segments`}
          </dt>
          <dd>{count(frames)} frames</dd>
        </div>
        <div>
          <dt>result, about</dt>
          <dd>{bytes(result)}</dd>
        </div>
        <div class={tight ? 'bad' : ''}>
          <dt>disk on the way{freeBytes === undefined ? '' : `, of ${bytes(freeBytes)} free`}</dt>
          <dd>at most {bytes(disk.jobs)}</dd>
        </div>
      </dl>
      <Devices
        estimate={answer}
        measuring={measure}
        onMeasure={() => {
          setMeasure(true);
        }}
      />
      <label class="price">
        Price of an hour{' '}
        <input
          type="number"
          min={0}
          step="any"
          inputMode="decimal"
          value={price}
          placeholder="none"
          onInput={(event) => {
            setPrice(event.currentTarget.value);
            localStorage.setItem(PRICE, event.currentTarget.value);
          }}
        />
      </label>
      {notes.length > 0 && (
        <ul class="notes soft" role="list">
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** Its time on this machine. */
function Devices({
  estimate: { here },
  measuring,
  onMeasure,
}: {
  estimate: Estimate;
  measuring: boolean;
  onMeasure: () => void;
}) {
  return (
    <table class="devices" aria-label="Time by device">
      <thead>
        <tr>
          <th scope="col">device</th>
          <th scope="col">fps</th>
          <th scope="col">time, about</th>
          {here?.cost !== undefined && <th scope="col">costs</th>}
          <th scope="col" class="why">
            by
          </th>
        </tr>
      </thead>
      <tbody>
        <tr class="here">
          <th scope="row">this machine{here && <span class="soft"> ({here.device})</span>}</th>
          {here ? (
            <>
              <td>{fps(here.fps)}</td>
              <td>{duration(here.seconds)}</td>
              {here.cost !== undefined && <td>{here.cost.toFixed(2)}</td>}
              <td class="why">
                {here.basis === 'jobs'
                  ? `the last ${here.jobs === 1 ? 'job' : `${here.jobs} jobs`}`
                  : 'a measurement on this clip' +
                    `${here.jobs > 0 ? `, corrected ${times(here.jobs)} by earlier jobs` : ''}`}
              </td>
            </>
          ) : (
            <td colSpan={3}>
              <button type="button" class="button" disabled={measuring} onClick={onMeasure}>
                {measuring ? 'Measuring…' : 'Measure it'}
              </button>{' '}
              <span class="soft">takes some seconds</span>
            </td>
          )}
        </tr>
      </tbody>
    </table>
  );
}
