/** What a command that has ended means to its user. */
export type How = 'done' | 'paused' | 'killed' | 'cancelled' | 'failed' | 'unable';

interface Ending {
  exitCode?: number | undefined;
  signal?: string | undefined;
  stdout: string;
  stderr: string;
}

/** @returns also a text without numbers and names, by which endings are counted. */
export function outcomeOf({ exitCode, signal, stdout, stderr }: Ending): { how: How; text: string } {
  if (exitCode === undefined) return { how: 'killed', text: `ended by ${signal ?? 'a signal'}` };
  if (exitCode === 0 || exitCode === 3) return { how: 'done', text: 'done' };
  const status = statusOf(stdout);
  if (status === 'cancelled' || /batch was cancelled$/.test(lastLine(stderr)))
    return { how: 'cancelled', text: 'cancelled' };
  if (exitCode === 130)
    return {
      how: 'paused',
      text: `paused or interrupted${status === 'paused' ? `: ${general(lastLine(stderr))}` : ''}`,
    };
  if (status === 'failed') return { how: 'failed', text: `job failed: ${general(lastLine(stderr))}` };
  return { how: 'unable', text: `exit ${exitCode}: ${general(lastLine(stderr))}` };
}

/** What the last line of stdout says under --json. Of a batch: the worst that happened to a video. */
function statusOf(stdout: string): string | undefined {
  try {
    const said = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as {
      status?: string;
      failed?: number;
      cancelled?: number;
    };
    if (said.status !== 'cancelled' && (said.failed ?? 0) > 0) return 'failed';
    return (said.cancelled ?? 0) > 0 ? 'cancelled' : said.status;
  } catch {
    return undefined;
  }
}

/** Of several lines of a stack the first one. */
export const lastLine = (stderr: string): string =>
  stderr
    .trim()
    .split('\n')
    .filter((line) => !/^\s+at /.test(line))
    .at(-1) ?? '';

/** The same message about other files, jobs and numbers is the same. */
export const general = (line: string): string =>
  line
    .replace(/^reelscale: /, '')
    .replace(/(\/[\w.-]+){2,}/g, 'FILE')
    .replace(/\b[0-9a-f]{8}\b/g, 'JOB')
    .replace(/\d+/g, 'N')
    .slice(0, 140);
