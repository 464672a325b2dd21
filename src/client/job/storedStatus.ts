import { shortJob } from '../../job/keys.js';
import type { StoredJob } from '../../job/store.js';
import { UserError } from '../../lib/errors.js';

/** What is known of a job without a server: how it ended, or that it can go on. */
export function storedStatus({ report, ended }: StoredJob): string {
  if (report)
    return report.accepted
      ? 'done (accepted, did not pass its checks)'
      : report.damaged
        ? 'done (damaged source)'
        : 'done';
  return ended?.state ?? 'interrupted';
}

/** @throws UserError for a job that has ended. */
export function requireOpen(job: StoredJob): void {
  if (job.report || job.ended) throw new UserError(`job ${shortJob(job.spec)} has ended: ${storedStatus(job)}`);
}
