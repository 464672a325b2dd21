import path from 'node:path';
import { z } from 'zod';
import { readJson, replaceJson } from '../lib/durable.js';
import { UserError, WorldError } from '../lib/errors.js';
import { makeKey, readKey, seal } from '../lib/sealKey.js';
import { batchLayout } from './batch/layout.js';
import type { NotifySubject } from './contracts.js';
import { jobFolder, type Roots, requireInside } from './layout.js';

/**
 * Who is told when a job or a batch ends. Addresses often hold tokens: this stays in a file that only its owner reads.
 */
const noticeSchema = z.object({
  url: z.url({ protocol: /^https?$/ }).optional(),
  /** The address may be of this machine or a private network. */
  privateToo: z.boolean().optional(),
  /** Key of the signature. */
  secret: z.string().min(1).optional(),
  /** For `sh -c`; only ever from this machine's command line. */
  command: z.string().min(1).optional(),
});
export type Notice = z.infer<typeof noticeSchema>;

/** As it lies on the disk. Those of the first version have no seal. */
const sealedSchema = z.object({ notice: noticeSchema, keyId: z.string().regex(/^[0-9a-f]{16}$/), seal: z.string() });

type Folder = { kind: 'job'; jobKey: string } | { kind: 'batch'; batchKey: string };

const fileOf = (roots: Pick<Roots, 'jobs'>, of: Folder): string =>
  path.join(of.kind === 'job' ? jobFolder(roots, of.jobKey) : batchLayout(roots, of.batchKey).folder, 'notice.json');

const keyOf = (of: Folder): string => (of.kind === 'job' ? of.jobKey : of.batchKey);

/** What is sealed: the notice and whom it is about, so that it is no good in another folder. */
const content = (of: Folder, notice: Notice): string =>
  JSON.stringify([of.kind, keyOf(of), noticeSchema.parse(notice)]);

/**
 * Writes notice.json, sealed by this host's key, which is made at the first use. The job's or batch's folder must be
 * there.
 * @throws UserError when the key file cannot be trusted.
 */
export async function recordNotice(
  roots: Pick<Roots, 'jobs'>,
  keyFile: string,
  of: Folder,
  notice: Notice,
): Promise<void> {
  const key = await makeKey(keyFile);
  await replaceJson(fileOf(roots, of), { notice, keyId: key.id, seal: seal(key, content(of, notice)) }, 0o600);
}

/**
 * Reads notice.json; undefined where there is none. It holds a command to run: one that this program did not seal is
 * not obeyed.
 * @throws UserError for one that was not sealed, or was changed since. WorldError where another host's key sealed it:
 * a worker that has that key may.
 */
export async function readNotice(
  roots: Pick<Roots, 'jobs'>,
  keyFile: string,
  subject: NotifySubject,
): Promise<Notice | undefined> {
  const file = fileOf(roots, subject);
  await requireInside(roots.jobs, file);
  const stored = await readJson(file, z.unknown());
  if (stored === undefined) return undefined;
  const whose = `the notice of ${subject.kind} ${keyOf(subject).slice(0, 8)}`;
  const sealed = sealedSchema.safeParse(stored);
  if (!sealed.success)
    throw new UserError(
      `${whose} is not sealed, so nobody is told and nothing is run: ` +
        "an earlier version wrote it, or it is not reelscale's; give --notify or --on-done again",
    );
  const { notice, keyId, seal: said } = sealed.data;
  const key = await readKey(keyFile);
  if (key?.id !== keyId)
    throw new WorldError(
      `${whose} was sealed by another host's key (${keyId}), so this worker tells nobody and runs nothing: ` +
        `give its hosts the same ${keyFile}`,
    );
  if (seal(key, content(subject, notice)) !== said)
    throw new UserError(
      `${whose} was changed since it was written, so nobody is told and nothing is run: ` +
        'give --notify or --on-done again',
    );
  return notice;
}
