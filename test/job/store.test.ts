import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { fileRecordSchema } from '../../src/job/records.js';
import { storedJobs } from '../../src/job/store.js';
import { inWorkFolder } from '../../src/models/workFolder.js';
import { writeManyJobs } from '../support/manyJobs.js';
import { scratchFolder } from '../support/media.js';

const root = scratchFolder();

test("a job's folder copied to another name is no job: who removes it would remove the one it names", async () => {
  writeManyJobs(root, 1);
  const [job] = await storedJobs({ jobs: root });
  const jobs = path.join(root, 'jobs');
  cpSync(path.join(jobs, job?.spec.jobKey ?? ''), path.join(jobs, 'copy'), { recursive: true });
  cpSync(path.join(jobs, job?.spec.jobKey ?? ''), path.join(jobs, 'e'.repeat(32)), { recursive: true });
  expect(await storedJobs({ jobs: root })).toEqual([job]);
});

test.each(['../a.mp4', '/etc/passwd', '..', '.', 'a/b', ''])('a record cannot name the file "%s"', (file) => {
  const record = { file, bytes: 1, sha256: '0'.repeat(64) };
  expect(fileRecordSchema.safeParse(record).success).toBe(false);
  expect(fileRecordSchema.safeParse({ ...record, file: '.reelscale-ab-cd.mp4' }).success).toBe(true);
});

test('a link among the work folders of killed processes is left alone, with all that lies behind it', async () => {
  const [models, elsewhere] = [path.join(root, 'models'), path.join(root, 'elsewhere')];
  for (const folder of [models, elsewhere]) mkdirSync(folder);
  writeFileSync(path.join(elsewhere, 'film.part'), 'precious');
  const mine = await inWorkFolder(models, (folder) => Promise.resolve(path.basename(folder)));
  symlinkSync(elsewhere, path.join(models, `.work-${mine.slice(6).replace(/-\d+-/, '-999999999-')}`));
  await inWorkFolder(models, () => Promise.resolve());
  expect(existsSync(path.join(elsewhere, 'film.part'))).toBe(true);
});
