import type { Job } from '../src/dashboard/schemas/jobs.js';
import { Ask } from './Ask.js';
import { api } from './api.js';
import { Button } from './parts.js';
import { useAction } from './store.js';

/** What can be done about a job as it is. @param small without the rarer ones. */
export function Actions({ job: { job, inputName: name, status }, small = false }: { job: Job; small?: boolean }) {
  const [busy, act] = useAction();
  const text = (word: string): string | undefined => (small ? undefined : word);
  const resume = (): void => {
    act(() => api.act(job, 'resume'), `${name} goes on`);
  };
  const cancel = (discard: boolean) => (): void => {
    act(() => api.cancel(job, discard), `${name} is cancelled${discard ? ', its parts are removed' : ''}`);
  };
  const open = ['running', 'paused', 'interrupted'].includes(status);
  return (
    <div class="actions">
      {status === 'running' && (
        <Button
          icon="pause"
          label={`Pause ${name}`}
          disabled={busy}
          onClick={() => {
            act(() => api.act(job, 'pause'), `${name} is paused`);
          }}
        >
          {text('Pause')}
        </Button>
      )}
      {(status === 'paused' || status === 'interrupted') && (
        <Button icon="play" kind="strong" label={`Resume ${name}`} disabled={busy} onClick={resume}>
          {text('Resume')}
        </Button>
      )}
      {(status === 'failed' || status === 'cancelled') && (
        <Button icon="retry" label={`Try again: ${name}`} disabled={busy} onClick={resume}>
          {text('Try again')}
        </Button>
      )}
      {open && !small && (
        <Ask
          icon="stop"
          label={`Cancel ${name}`}
          word="Cancel…"
          title="Cancel this job?"
          busy={busy}
          back="Go on working"
          choices={[
            { word: 'Cancel, remove parts', act: cancel(true) },
            { word: 'Cancel, keep parts', danger: true, act: cancel(false) },
          ]}
        >
          What is upscaled so far can stay on the disk: trying again then goes on from there.
        </Ask>
      )}
    </div>
  );
}
