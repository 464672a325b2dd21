import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { argv } from '../../../src/lib/argv.js';
import { ContentFailure, UserError, WorldError } from '../../../src/lib/errors.js';
import { firstSample } from '../../../src/media/ffmpeg/firstSampleTime.js';
import { findTool, probeTool } from '../../../src/media/ffmpeg/probes.js';
import { runFfmpeg } from '../../../src/media/ffmpeg/runFfmpeg.js';
import { readHeader } from '../../../src/media/ffmpeg/runFfprobe.js';
import { inventory } from '../../../src/media/merge/inventory.js';
import { detectFields } from '../../../src/media/source/interlace.js';
import { probeSource } from '../../../src/media/source/probe.js';
import { ffmpeg, scratchFolder } from '../../support/media.js';

const folder = scratchFolder();
const clip = path.join(folder, 'clip.mp4');
const search = process.env['PATH'] ?? '';
beforeAll(() =>
  ffmpeg(
    ...argv`
      -f lavfi -i testsrc2=s=64x48:r=25:d=1 -f lavfi -i sine=d=1 -c:v libx264 -pix_fmt yuv420p -c:a aac ${clip}
    `,
  ),
);
afterEach(() => {
  process.env['PATH'] = search;
});

/** From now on ffmpeg and ffprobe do this instead of what they should. */
function toolsThat(name: string, does: string): void {
  const bin = path.join(folder, name);
  mkdirSync(bin, { recursive: true });
  for (const tool of ['ffmpeg', 'ffprobe']) {
    writeFileSync(path.join(bin, tool), `#!/bin/sh\n${does}\n`);
    chmodSync(path.join(bin, tool), 0o755);
  }
  process.env['PATH'] = `${bin}${path.delimiter}${search}`;
}

const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a tool that does not get to say something about a file', () => {
  it.each([
    ['was killed', 'kill -9 $$'],
    ['was asked to end', 'echo "[info] Exiting normally, received signal 15." >&2; exit 255'],
    ['was asked to end while it opened the file', 'echo "[info] Exiting normally, received signal 15." >&2; exit 0'],
    ['could not read the disk', 'echo "[error] clip.mp4: Input/output error" >&2; exit 1'],
  ])(
    '%s: a track is not silent for that, a result not unreadable, and a picture not progressive',
    async (name, does) => {
      const info = await probeSource(clip);
      toolsThat(name, does);
      for (const work of [
        () => firstSample(clip, 1),
        () => inventory(clip, undefined),
        () => detectFields(clip, info, { double: false, flagged: false }),
      ]) {
        const error = await failure(work());
        expect(error).toBeInstanceOf(WorldError);
        expect(error).not.toBeInstanceOf(ContentFailure);
      }
    },
  );
});

it('a tool that gives up on a file by itself has answered', async () => {
  expect(
    await failure(runFfmpeg(['-i', `file:${path.join(folder, 'clip.mp4')}`, '-map', '0:7', '-f', 'null', '-'])),
  ).toBeInstanceOf(ContentFailure);
  toolsThat('refuses', 'exit 255');
  expect(await failure(runFfmpeg(['-version']))).toBeInstanceOf(ContentFailure);
  toolsThat('crashes', 'kill -SEGV $$');
  expect(await failure(runFfmpeg(['-version']))).toBeInstanceOf(ContentFailure);
  expect(await firstSample(clip, 1)).toBeUndefined();
});

it('a decoder that asks for other packets speaks of the file, not of the disk', async () => {
  toolsThat('again', 'echo "[error] Error while decoding stream #0:0: Resource temporarily unavailable" >&2; exit 1');
  expect(await failure(runFfmpeg(['-version']))).toBeInstanceOf(ContentFailure);
});

it("what the system says is heard at a line's end, not in a file's name, and behind a name however long", async () => {
  for (const name of ['Permission denied', 'Input output error - No space left on device.mp4']) {
    const garbage = path.join(folder, name);
    writeFileSync(garbage, 'no video');
    expect(await failure(runFfmpeg(['-i', `file:${garbage}`, '-f', 'null', '-']))).toBeInstanceOf(ContentFailure);
    expect(await failure(probeSource(garbage))).toBeInstanceOf(UserError);
  }
  toolsThat('far', `echo "[error] /${'far/'.repeat(200)}clip.mp4: Input/output error" >&2; exit 1`);
  expect(await failure(runFfmpeg(['-version']))).not.toBeInstanceOf(ContentFailure);
});

it("ffprobe's code of an error counts more than its words", async () => {
  const says = (code: number, words: string): string =>
    `echo '{ "error": { "code": ${code}, "string": "any" } }'; echo "[error] clip.mp4: ${words}" >&2; exit 1`;
  toolsThat('invalid', says(-1094995529, 'Permission denied'));
  expect(await failure(readHeader([clip], undefined))).toBeInstanceOf(ContentFailure);
  toolsThat('unreadable', says(-constants.errno.EIO, 'its header is damaged'));
  const error = await failure(readHeader([clip], undefined));
  expect(error).toBeInstanceOf(WorldError);
  expect(error).not.toBeInstanceOf(ContentFailure);
});

it('a tool is found by its file alone, and missing where there is none that can be run', async () => {
  toolsThat('any', 'exit 1');
  await findTool('ffprobe');
  process.env['PATH'] = folder;
  expect(await failure(findTool('ffprobe'))).toMatchObject({
    name: 'UserError',
    message: expect.stringContaining('ffprobe is missing: install ffmpeg') as unknown,
  });
});

it('a tool that was killed is not missing', async () => {
  toolsThat('dies', 'kill -9 $$');
  expect(await failure(probeTool('ffprobe'))).toBeInstanceOf(WorldError);
  toolsThat('fails', 'exit 127');
  expect(await failure(probeTool('ffprobe'))).toMatchObject({
    name: 'UserError',
    message: expect.stringContaining('is missing') as unknown,
  });
});
