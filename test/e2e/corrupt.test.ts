import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, it } from 'vitest';
import type { JobReport } from '../../src/job/contracts.js';
import { argv } from '../../src/lib/argv.js';
import { hasDecoder } from '../../src/media/ffmpeg/abilities.js';
import { Cli, decodedFrames } from '../support/cli.js';
import { hasSharedMedia, sharedClips } from '../support/media.js';

/** The issue is a hang, not a speed: whatever a file does, the command must have ended by then. */
const BOUND_MS = 120_000;

const cli = new Cli({ REELSCALE_HEARTBEAT_SECONDS: '20' });
const table: string[] = [];
afterAll(() => {
  if (table.length > 0) process.stdout.write(`${table.join('\n')}\n`);
});

interface Ending {
  code: number | undefined;
  lines: string[];
  report: JobReport | undefined;
  /** Frames of the delivered file. */
  delivered: number | undefined;
  /** Frames that one plain decode of the source gives. */
  straight: number;
  /** Frames that the container's header promises, where it does. */
  promised: number | undefined;
}

/** Through a job that does not enlarge: what is counted here are frames. */
async function outcome(clip: string): Promise<Ending> {
  const output = cli.file(`${path.basename(path.dirname(clip))}-${path.basename(clip)}.mp4`);
  const running = cli.start([
    'upscale',
    clip,
    ...argv`-o ${output} --preset preview -s 1 --encoder-preset ultrafast --json`,
  ]);
  const bound = setTimeout(() => {
    running.kill('SIGKILL');
  }, BOUND_MS);
  const result = await running;
  clearTimeout(bound);
  expect(result.signal, `${clip} hangs: ${result.stderr}`).toBeUndefined();
  const { straight, promised } = await plainDecode(clip);
  const last = result.stdout.trim().split('\n').at(-1) ?? '';
  const delivered = existsSync(output) ? await decodedFrames(output) : undefined;
  const report = delivered === undefined ? undefined : (JSON.parse(last) as JobReport);
  const lines = result.stderr.split('\n').filter((line) => line !== '');
  table.push(
    [
      `${path.basename(path.dirname(clip))}/${path.basename(clip)}`.padEnd(44),
      `exit ${result.exitCode}`,
      `promised ${promised ?? '-'} straight ${straight} delivered ${delivered ?? '-'}`.padEnd(44),
      report?.damaged
        ? `damaged ${report.damaged.decoded} of ${report.damaged.expected}`
        : delivered === undefined
          ? (lines.at(-1) ?? '').slice(0, 160)
          : '',
    ].join('  '),
  );
  return { code: result.exitCode, lines, report, delivered, straight, promised };
}

/** Counts what ffmpeg gives by itself, and what the header says of the stream that is shown. */
async function plainDecode(clip: string): Promise<{ straight: number; promised: number | undefined }> {
  const probe = await execa(
    'ffprobe',
    argv`
      -v quiet -select_streams V -show_entries stream=index,nb_frames:stream_disposition=default -of json file:${clip}
    `,
    { reject: false },
  );
  const { streams = [] } = JSON.parse(probe.stdout || '{}') as {
    streams?: { index: number; nb_frames?: string; disposition: { default: number } }[];
  };
  const stream = streams.find(({ disposition }) => disposition.default === 1) ?? streams[0];
  if (!stream) return { straight: 0, promised: undefined };
  const args = argv`
    -v quiet -nostdin -max_error_rate 1 -i file:${clip} -map 0:${stream.index} -fps_mode passthrough -f framecrc -
  `;
  const { stdout } = await execa('ffmpeg', args, { reject: false });
  return {
    straight: stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length,
    promised: stream.nb_frames === undefined ? undefined : Number(stream.nb_frames),
  };
}

function checkEnding({ code, lines, report, delivered, straight, promised }: Ending): void {
  const said = lines.join('\n');
  if (code === 2) {
    expect(delivered).toBeUndefined();
    expect(lines, said).toHaveLength(1);
    expect(said).toMatch(/^reelscale: /);
    return;
  }
  expect([0, 3], said).toContain(code);
  expect(delivered).toBe(straight);
  expect(report?.frames).toBe(straight);
  if (code === 3) {
    expect(report?.damaged?.decoded).toBe(straight);
    expect(report?.damaged?.expected).toBeGreaterThanOrEqual(straight);
    expect(said).toContain('the source is damaged');
  } else {
    expect(report?.damaged).toBeUndefined();
    expect(straight).toBeGreaterThanOrEqual(promised ?? 0);
  }
}

describe.skipIf(!hasSharedMedia)('a damaged file is refused, or delivered with what was lost said', () => {
  it.each(sharedClips('corrupt'))('%s', async (clip) => {
    checkEnding(await outcome(clip));
  });
});

describe.skipIf(!hasSharedMedia)('an unusual file', () => {
  it.each([...sharedClips('odd'), ...sharedClips('interlaced'), ...sharedClips('hdr'), ...sharedClips('tracks')])(
    '%s ends clearly, with all of its frames',
    async (clip) => {
      const ending = await outcome(clip);
      checkEnding(ending);
      // The broadcast was cut in mid-stream: 14 of its packets decode to nothing.
      const refused = clip.includes('audio-only') || (clip.includes('vvc-no-decoder') && !(await hasDecoder('vvc')));
      const code = refused ? 2 : /dvb-sd/.test(clip) ? 3 : 0;
      expect(ending.code, ending.lines.join('\n')).toBe(code);
    },
  );
});

it.skipIf(!hasSharedMedia)('nothing is left beside the results', () => {
  expect(readdirSync(cli.folder).filter((name) => name.startsWith('.'))).toEqual([]);
});
