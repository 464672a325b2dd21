import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { JobReport } from '../../src/job/contracts.js';
import type { JobSpec } from '../../src/job/spec.js';

/** Puts jobs that have ended into a jobs folder, alike but for their names and times: every tenth failed. */
export function writeManyJobs(jobsRoot: string, count: number): void {
  for (let i = 0; i < count; i++) {
    const jobKey = `f${i.toString(16).padStart(31, '0')}`;
    const folder = path.join(jobsRoot, 'jobs', jobKey);
    mkdirSync(folder, { recursive: true });
    const createdAt = new Date(Date.UTC(2026, 0, 1) + i * 600_000).toISOString();
    const name = `Lost in Space ${String(i + 1).padStart(4, '0')}`;
    const spec: JobSpec = {
      version: 1,
      upscaleKey: jobKey,
      input: { root: 'media', path: `films/${name}.mp4` },
      source: { size: 1, mtimeMs: 0, digest: '0'.repeat(64) },
      method: { kind: 'filter', name: 'bicubic', scale: 4 },
      picture: { deinterlace: 'auto', bitDepth: 8 },
      encode: { codec: 'h264', crf: 23, preset: 'fast', threads: 2 },
      delivery: { container: 'mp4', audio: 'auto' },
      checkpointFrames: 100,
      tags: ['cpu'],
      keepMezzanine: false,
      overwrite: false,
      jobKey,
      output: { root: 'media', path: `films/${name}.x4.mp4` },
      createdAt,
    };
    writeFileSync(path.join(folder, 'job.json'), JSON.stringify(spec));
    const report: JobReport = {
      job: jobKey.slice(0, 8),
      status: 'done',
      output: `/films/${name}.x4.mp4`,
      frames: 37_271,
      inferredFrames: 0,
      duplicateFrames: 0,
      reusedFrames: 0,
      seconds: 480 + i,
      fps: 80,
      bytes: 3e9,
      sha256: '0'.repeat(64),
      warnings: [],
    };
    if (i % 10 === 9)
      writeFileSync(
        path.join(folder, 'state.json'),
        JSON.stringify({
          state: 'failed',
          message: 'the source cannot be decoded from the start (mpeg4): it is damaged or encrypted',
          at: createdAt,
        }),
      );
    else writeFileSync(path.join(folder, 'report.json'), JSON.stringify(report));
  }
}
