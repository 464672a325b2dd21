import type { Batch, Schedule } from '../src/dashboard/schemas/batches.js';
import { Ask } from './Ask.js';
import { api } from './api.js';
import { Button } from './parts.js';
import { applyBatches, useAction } from './store.js';

/** What can be done about a batch as it is. @param small without the rarer ones. */
export function BatchActions({
  batch: { batch, name, status, schedule },
  small = false,
}: {
  batch: Batch;
  small?: boolean;
}) {
  const [busy, act] = useAction();
  const text = (word: string): string | undefined => (small ? undefined : word);
  const work = (action: 'pause' | 'resume', done: string) =>
    act(async () => {
      applyBatches(await api.actOnBatch(batch, action));
    }, done);
  const cancel = (discard: boolean) =>
    act(async () => {
      applyBatches(await api.cancelBatch(batch, discard));
    }, `${name} is cancelled`);
  const open = status === 'running' || status === 'paused';
  const again = status === 'done' || status === 'cancelled' || status === 'new';
  return (
    <div class="actions">
      {status === 'running' && (
        <Button
          icon="pause"
          label={`Pause ${name}`}
          disabled={busy}
          onClick={() => {
            work('pause', `${name} is paused`);
          }}
        >
          {text('Pause')}
        </Button>
      )}
      {!open && !(again && schedule !== undefined) && (
        <Button
          icon={again ? 'retry' : 'play'}
          kind={again ? '' : 'strong'}
          label={again ? `Run again: ${name}` : `Resume ${name}`}
          disabled={busy}
          onClick={() => {
            work('resume', `${name} goes on`);
          }}
        >
          {text(again ? 'Run again' : 'Resume')}
        </Button>
      )}
      {status === 'paused' && (
        <Button
          icon="play"
          kind="strong"
          label={`Resume ${name}`}
          disabled={busy}
          onClick={() => {
            work('resume', `${name} goes on`);
          }}
        >
          {text('Resume')}
        </Button>
      )}
      {open && !small && (
        <Ask
          icon="stop"
          label={`Cancel ${name}`}
          word="Cancel…"
          title="Cancel this batch?"
          busy={busy}
          back="Go on working"
          choices={[
            {
              word: 'Cancel, remove parts',
              act: () => {
                cancel(true);
              },
            },
            {
              word: 'Cancel, keep parts',
              danger: true,
              act: () => {
                cancel(false);
              },
            },
          ]}
        >
          The jobs that it has at work end too. What is done stays, and running the batch again goes on from there.
        </Ask>
      )}
    </div>
  );
}

export function ScheduleActions({ schedule: { name, paused, running } }: { schedule: Schedule }) {
  const [busy, act] = useAction();
  const work = (action: 'pause' | 'resume' | 'trigger', done: string) => (): void => {
    act(async () => {
      applyBatches(await api.actOnSchedule(name, action));
    }, done);
  };
  return (
    <div class="actions">
      <Button
        icon="retry"
        label={`Run now: ${name}`}
        disabled={busy || running}
        onClick={work('trigger', `a round of ${name} begins`)}
      >
        Run now
      </Button>
      {paused ? (
        <Button icon="play" label={`Resume ${name}`} disabled={busy} onClick={work('resume', `${name} fires again`)}>
          Resume
        </Button>
      ) : (
        <Button icon="pause" label={`Pause ${name}`} disabled={busy} onClick={work('pause', `${name} is paused`)}>
          Pause
        </Button>
      )}
      <Ask
        icon="stop"
        label={`Delete ${name}`}
        word="Delete…"
        title={`Delete the schedule ${name}?`}
        busy={busy}
        back="Keep it"
        choices={[
          {
            word: 'Delete',
            danger: true,
            act: () => {
              act(async () => {
                applyBatches(await api.deleteSchedule(name));
              }, `the schedule ${name} is deleted`);
            },
          },
        ]}
      >
        Its results and its jobs stay. What it remembers of finished files is forgotten.
      </Ask>
    </div>
  );
}
