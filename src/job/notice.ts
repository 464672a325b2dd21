import path from 'node:path';
import { z } from 'zod';
import { batchLayout } from './batch/layout.js';
import type { TellSubject } from './contracts.js';
import { readJson, replaceJson } from './durable.js';
import { jobLayout, type Roots } from './layout.js';

/** Who is told when a job or a batch ends. Addresses often hold tokens: this stays in a file that only its owner reads. */
export const noticeSchema = z.object({
  url: z.url().optional(),
  /** Key of the signature. */
  secret: z.string().min(1).optional(),
  /** For `sh -c`; only ever from this machine's command line. */
  command: z.string().min(1).optional(),
});
export type Notice = z.infer<typeof noticeSchema>;

type Folder = { kind: 'job'; jobKey: string } | { kind: 'batch'; batchKey: string };

const fileOf = (roots: Pick<Roots, 'jobs'>, of: Folder): string =>
  path.join(of.kind === 'job' ? jobLayout(roots, { jobKey: of.jobKey, upscaleKey: '' }).job : batchLayout(roots, of.batchKey).folder, 'notice.json');

/** The job's or batch's folder must be there. */
export const recordNotice = (roots: Pick<Roots, 'jobs'>, of: Folder, notice: Notice): Promise<void> => replaceJson(fileOf(roots, of), notice, 0o600);

export const readNotice = (roots: Pick<Roots, 'jobs'>, subject: TellSubject): Promise<Notice | undefined> => readJson(fileOf(roots, subject), noticeSchema);
