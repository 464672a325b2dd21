import { connectIfRunning, workflowIdOf } from '../../src/client/connection/connect.js';
import { findJob } from '../../src/client/job/findJob.js';
import type { JobSpec } from '../../src/job/spec.js';
import type { Config } from '../../temporal.config.js';

export interface StageTimes {
  /** Milliseconds since 1970 by the server's clock, which is this machine's; of the last activity of the kind. */
  started: number;
  completed: number;
}

/**
 * When each kind of activity of a finished job first started and last ended, by its name, from the workflow's history,
 * and how many events that has.
 */
export async function stageTimes(
  config: Config,
  output: string,
): Promise<{ spec: JobSpec; stages: Map<string, StageTimes>; events: number }> {
  const { spec } = await findJob(config, output);
  const session = await connectIfRunning(config);
  if (!session) throw new Error('the server that ran the job is gone');
  try {
    const { events } = await session.client.workflow.getHandle(workflowIdOf(spec.jobKey)).fetchHistory();
    const names = new Map<string, string>();
    const stages = new Map<string, StageTimes>();
    for (const event of events ?? []) {
      const {
        activityTaskScheduledEventAttributes: scheduled,
        activityTaskStartedEventAttributes: started,
        activityTaskCompletedEventAttributes: completed,
      } = event;
      if (scheduled) names.set(String(event.eventId), scheduled.activityType?.name ?? '');
      const name = names.get(String((started ?? completed)?.scheduledEventId));
      if (name === undefined) continue;
      const at = Number(event.eventTime?.seconds) * 1000 + (event.eventTime?.nanos ?? 0) / 1e6;
      const known = stages.get(name);
      if (started) stages.set(name, { started: known?.started ?? at, completed: at });
      else if (known) known.completed = at;
    }
    return { spec, stages, events: events?.length ?? 0 };
  } finally {
    await session.close();
  }
}
