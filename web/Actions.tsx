import { useRef, useState } from 'preact/hooks';
import type { Job } from '../src/client/dashboard/schemas.js';
import { api } from './api.js';
import { Button } from './parts.js';
import { attempt } from './store.js';

/** What can be done about a job as it is. @param small without the rarer ones. */
export function Actions({ job, small = false }: { job: Job; small?: boolean }) {
  const [busy, setBusy] = useState(false);
  const dialog = useRef<HTMLDialogElement>(null);
  const act = (work: () => Promise<unknown>, done: string) => (): void => {
    setBusy(true);
    void attempt(work, done).finally(() => { setBusy(false); });
  };
  const name = job.inputName;
  const text = (word: string): string | undefined => (small ? undefined : word);
  const resume = act(() => api.act(job.job, 'resume'), `${name} goes on`);
  const open = ['running', 'paused', 'interrupted'].includes(job.status);
  return (
    <div class="actions">
      {job.status === 'running' && <Button icon="pause" label={`Pause ${name}`} disabled={busy} onClick={act(() => api.act(job.job, 'pause'), `${name} is paused`)}>{text(busy ? 'Pausing…' : 'Pause')}</Button>}
      {(job.status === 'paused' || job.status === 'interrupted') && <Button icon="play" kind="strong" label={`Resume ${name}`} disabled={busy} onClick={resume}>{text(busy ? 'Resuming…' : 'Resume')}</Button>}
      {(job.status === 'failed' || job.status === 'cancelled') && <Button icon="retry" label={`Try ${name} again`} disabled={busy} onClick={resume}>{text(busy ? 'Starting…' : 'Try again')}</Button>}
      {open && !small && <Button icon="stop" kind="quiet" label={`Cancel ${name}`} disabled={busy} onClick={() => dialog.current?.showModal()}>Cancel…</Button>}
      {open && !small && (
        <dialog ref={dialog} class="ask" aria-labelledby="cancel-title">
          <form method="dialog">
            <h2 id="cancel-title">Cancel this job?</h2>
            <p>What is upscaled so far can stay on the disk: trying again then goes on from there.</p>
            <div class="buttons">
              <button class="button quiet" autofocus>Go on working</button>
              <Button onClick={() => { dialog.current?.close(); act(() => api.cancel(job.job, true), `${name} is cancelled, its parts are removed`)(); }}>Cancel, remove parts</Button>
              <Button kind="danger" onClick={() => { dialog.current?.close(); act(() => api.cancel(job.job, false), `${name} is cancelled`)(); }}>Cancel, keep parts</Button>
            </div>
          </form>
        </dialog>
      )}
    </div>
  );
}
