import { chmodSync, mkdirSync, readdirSync, realpathSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { main, onPath, readText, run, SetupError, say } from './lib.mjs';

const LIBRARIES = 'usr/lib/x86_64-linux-gnu';

await main(import.meta, () => {
  const [suite, folder] = process.argv.slice(2);
  if (!isSuite(suite) || !folder)
    throw new SetupError('usage: node scripts/ffmpegOf.mjs SUITE FOLDER, such as trixie /tmp/trixie');
  say(`PATH=${layFfmpeg(suite, folder)}:$PATH npx vitest run test/media`);
  return 0;
});

export function isSuite(name) {
  return name !== undefined && /^[a-z]+$/.test(name);
}

/**
 * Lays ffmpeg and ffprobe of another Debian suite (trixie: 7.1) into `FOLDER/bin`, beside the system's own, which stay
 * as they are. Needs Debian on x86-64, mmdebstrap (apt-get install mmdebstrap) and 480 MB.
 * @returns the folder that is to be first on the PATH.
 */
export function layFfmpeg(suite, folder) {
  if (!onPath('mmdebstrap')) throw new SetupError('mmdebstrap is missing: apt-get install mmdebstrap');
  mkdirSync(path.join(folder, 'bin'), { recursive: true });
  const place = realpathSync(folder);
  const system = path.join(place, 'root');
  run('mmdebstrap', [
    '--quiet',
    '--variant=extract',
    '--include=ffmpeg',
    suite,
    system,
    `deb ${mirror()} ${suite} main`,
  ]);
  // Libraries of one suite run under its own loader alone.
  const loader = path.join(system, LIBRARIES, 'ld-linux-x86-64.so.2');
  const search = ['', 'pulseaudio', 'blas', 'lapack'].map((name) => path.join(system, LIBRARIES, name)).join(':');
  for (const tool of ['ffmpeg', 'ffprobe']) {
    const file = path.join(place, 'bin', tool);
    writeFileSync(
      file,
      `#!/bin/sh\nexec '${loader}' --library-path '${search}' '${path.join(system, 'usr/bin', tool)}' "$@"\n`,
    );
    chmodSync(file, 0o755);
  }
  run(path.join(place, 'bin', 'ffmpeg'), ['-hide_banner', '-version']);
  return path.join(place, 'bin');
}

/** The first that apt uses here. */
function mirror() {
  const folder = '/etc/apt/sources.list.d';
  const lists = ['/etc/apt/sources.list', ...readdirSync(folder).map((name) => path.join(folder, name))]
    .map((file) => readText(file) ?? '')
    .join('\n');
  const found = /^URIs: *(\S+)|^deb (?:\[[^\]]*\] )?(\S+)/m.exec(lists);
  return found?.[1] ?? found?.[2] ?? 'http://deb.debian.org/debian';
}
