import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { isSuite, layFfmpeg } from './ffmpegOf.mjs';
import { main, onPath, SetupError, say } from './lib.mjs';
import { hasApt, installByApt, setup } from './setup.mjs';
import { conclude, results, runTests, temporalPrograms } from './test.mjs';

/**
 * Runs the media tests, or those that are named, with ffmpeg of another Debian suite, and ends with a line `N passed,
 * N failed`.
 */
await main(import.meta, async () => {
  const [suite, ...tests] = process.argv.slice(2);
  if (!isSuite(suite))
    throw new SetupError(
      'usage: npm run test:ffmpeg -- SUITE [TESTS...], such as trixie (7.1) or trixie test/media/source/hdr.test.ts',
    );
  await setup({ tests: true });
  const bin = provideFfmpeg(suite);
  const { PATH, ...programs } = await temporalPrograms();
  const env = { ...process.env, ...programs, PATH: `${bin}${path.delimiter}${PATH}` };
  return conclude(runTests(env, tests.length > 0 ? tests : ['test/media']));
});

/** Laid once; what an interruption has left is laid anew. */
function provideFfmpeg(suite) {
  const folder = path.join(results, `ffmpeg-${suite}`);
  const bin = path.join(folder, 'bin');
  // Laid last.
  if (existsSync(path.join(bin, 'ffprobe'))) return bin;
  if (!onPath('mmdebstrap') && hasApt()) installByApt('mmdebstrap', say);
  rmSync(folder, { recursive: true, force: true });
  say(`laying ffmpeg of ${suite} into ${folder}`);
  return layFfmpeg(suite, folder);
}
